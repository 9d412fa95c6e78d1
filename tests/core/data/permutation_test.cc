#include "core/data/permutation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

std::vector<int64_t> OrderOf(uint64_t seed, uint64_t epoch, int64_t count) {
  const Permutation permutation(seed, epoch, count);
  std::vector<int64_t> order;
  for (int64_t i = 0; i < count; ++i) order.push_back(permutation(i));
  return order;
}

TEST(PermutationTest, EveryNumberStandsOnceForAnyCount) {
  std::vector<int64_t> counts;
  for (int64_t count = 0; count <= 130; ++count) counts.push_back(count);
  for (const int64_t count : {997, 1000, 1024, 10007, 60000}) {
    counts.push_back(count);
  }
  for (const int64_t count : counts) {
    for (const uint64_t seed : {uint64_t{0}, UINT64_MAX}) {
      std::vector<int64_t> order = OrderOf(seed, 3, count);
      std::sort(order.begin(), order.end());
      for (int64_t i = 0; i < count; ++i) {
        ASSERT_EQ(order[i], i) << "of " << count << ", seed " << seed;
      }
    }
  }
}

TEST(PermutationTest, FollowsFromSeedAndEpoch) {
  const std::vector<int64_t> order = OrderOf(7, 2, 1000);
  EXPECT_EQ(OrderOf(7, 2, 1000), order);
  EXPECT_NE(OrderOf(7, 3, 1000), order);
  EXPECT_NE(OrderOf(8, 2, 1000), order);
  // Seed and epoch are not simply added.
  EXPECT_NE(OrderOf(8, 1, 1000), order);
}

TEST(PermutationTest, IsTheSameOnEveryMachine) {
  EXPECT_EQ(OrderOf(1, 0, 10),
            std::vector<int64_t>({2, 8, 9, 1, 0, 7, 4, 3, 6, 5}));
}

TEST(PermutationTest, HardlyAnyNumberKeepsItsPlaceOrItsNeighbour) {
  constexpr int64_t kCount = 10000;
  const std::vector<int64_t> order = OrderOf(5, 0, kCount);
  int64_t fixed = 0, neighbours = 0;
  for (int64_t i = 0; i < kCount; ++i) {
    fixed += order[i] == i;
    neighbours += i > 0 && order[i] == order[i - 1] + 1;
  }
  // One of each is to be expected.
  EXPECT_LT(fixed, 8);
  EXPECT_LT(neighbours, 8);
}

TEST(PermutationTest, EveryNumberComesToEveryPlace) {
  // 24 numbers over many epochs: each of 576 cells is hit about 500 times.
  constexpr int64_t kCount = 24;
  constexpr int kEpochs = 12000;
  std::vector<int> hits(kCount * kCount, 0);
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    const Permutation permutation(11, epoch, kCount);
    for (int64_t i = 0; i < kCount; ++i) ++hits[i * kCount + permutation(i)];
  }
  const double expected = static_cast<double>(kEpochs) / kCount;
  for (const int count : hits) {
    // Six deviations.
    EXPECT_NEAR(count, expected, 6 * std::sqrt(expected));
  }
}

TEST(PermutationTest, CountsBeyondMemoryCostNothing) {
  constexpr int64_t kCount = INT64_MAX;
  const Permutation permutation(1, 1, kCount);
  for (const int64_t place : {int64_t{0}, kCount / 2, kCount - 1}) {
    EXPECT_GE(permutation(place), 0);
    EXPECT_LT(permutation(place), kCount);
  }
}

}  // namespace
}  // namespace cairn
