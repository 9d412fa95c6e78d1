#include "core/data/take.h"

#include <memory>

#include "core/data/shuffle.h"
#include "gtest/gtest.h"
#include "tests/core/data/numbered_samples.h"

namespace cairn {
namespace {

using Numbers = std::vector<int64_t>;

SamplesPointer Five() { return std::make_shared<NumberedSamples>(5); }

TEST(TakeTest, TheFirstAreTakenAndTheRestIsLeft) {
  EXPECT_EQ(ReadNumbers(*Take(Five(), 2), 0), Numbers({0, 1}));
  EXPECT_EQ(ReadNumbers(*Skip(Five(), 2), 0), Numbers({2, 3, 4}));
  EXPECT_EQ(ReadNumbers(*Take(Skip(Five(), 1), 2), 0), Numbers({1, 2}));
}

TEST(TakeTest, MoreThanThereIsAndANegativeCountMeanAll) {
  for (const int64_t count : {int64_t{5}, int64_t{9}, int64_t{-1}, INT64_MIN}) {
    EXPECT_EQ(Take(Five(), count)->size(), 5) << count;
    EXPECT_EQ(Skip(Five(), count)->size(), 0) << count;
  }
  EXPECT_EQ(Take(Five(), 0)->size(), 0);
  EXPECT_EQ(Skip(Five(), 0)->size(), 5);
}

TEST(TakeTest, WhatIsBelowSeesItsEpoch) {
  EXPECT_EQ(ReadAll(*Skip(Five(), 4), 3)[0].epoch, 3);
  const auto shuffled = Shuffle(Five(), 1);
  const Numbers all = ReadNumbers(*shuffled, 2);
  EXPECT_EQ(ReadNumbers(*Take(shuffled, 3), 2),
            Numbers(all.begin(), all.begin() + 3));
}

}  // namespace
}  // namespace cairn
