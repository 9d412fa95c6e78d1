#include "core/data/shuffle.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "core/data/permutation.h"
#include "gtest/gtest.h"
#include "tests/core/data/numbered_samples.h"

namespace cairn {
namespace {

TEST(ShuffleTest, EachEpochHasAllSamplesInAnOrderOfItsOwn) {
  const auto shuffled = Shuffle(std::make_shared<NumberedSamples>(100), 9);
  const std::vector<int64_t> first = ReadNumbers(*shuffled, 0);
  std::vector<int64_t> sorted = first, all(100);
  std::sort(sorted.begin(), sorted.end());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
  EXPECT_NE(first, all);
  EXPECT_NE(ReadNumbers(*shuffled, 1), first);
  EXPECT_EQ(ReadNumbers(*shuffled, 0), first);
}

TEST(ShuffleTest, TheOrderIsThatOfThePermutationOfSeedAndEpoch) {
  const auto shuffled = Shuffle(std::make_shared<NumberedSamples>(10), 9);
  const Permutation order(9, 4, 10);
  const std::vector<ReadSample> read = ReadAll(*shuffled, 4);
  for (int64_t i = 0; i < 10; ++i) {
    EXPECT_EQ(read[i].number, order(i));
    EXPECT_EQ(read[i].epoch, 4);
  }
}

TEST(ShuffleTest, NoneAndOneAreNoMatter) {
  EXPECT_TRUE(
      ReadAll(*Shuffle(std::make_shared<NumberedSamples>(0), 1), 0).empty());
  EXPECT_EQ(ReadNumbers(*Shuffle(std::make_shared<NumberedSamples>(1), 1), 0),
            std::vector<int64_t>({0}));
}

}  // namespace
}  // namespace cairn
