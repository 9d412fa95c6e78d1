#include "core/runtime/memory_planner.h"

#include <algorithm>

#include "core/base/philox.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

bool LiveTogether(const BufferRequest& a, const BufferRequest& b) {
  return a.first <= b.last && b.first <= a.last;
}

// The bytes that live at once in the worst step: no arena can be smaller.
size_t LeastBytes(const std::vector<BufferRequest>& requests) {
  size_t least = 0;
  for (const BufferRequest& at : requests) {
    size_t bytes = 0;
    for (const BufferRequest& other : requests) {
      if (other.first <= at.first && at.first <= other.last) {
        bytes += (other.bytes + 63) / 64 * 64;
      }
    }
    least = std::max(least, bytes);
  }
  return least;
}

void CheckPlan(const std::vector<BufferRequest>& requests,
               const MemoryPlan& plan) {
  ASSERT_EQ(plan.offsets.size(), requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(plan.offsets[i] % 64, 0);
    EXPECT_LE(plan.offsets[i] + requests[i].bytes, plan.arena_bytes);
    for (size_t j = 0; j < i; ++j) {
      if (!LiveTogether(requests[i], requests[j])) continue;
      EXPECT_TRUE(plan.offsets[i] + requests[i].bytes <= plan.offsets[j] ||
                  plan.offsets[j] + requests[j].bytes <= plan.offsets[i])
          << i << " and " << j << " overlap";
    }
  }
}

TEST(MemoryPlannerTest, WhatDoesNotLiveTogetherSharesItsPlace) {
  const std::vector<BufferRequest> requests = {
      {1000, 0, 1}, {1000, 2, 3}, {1000, 4, 4}};
  const MemoryPlan plan = PlanMemory(requests);
  EXPECT_EQ(plan.offsets, std::vector<size_t>({0, 0, 0}));
  EXPECT_EQ(plan.arena_bytes, 1024);
}

TEST(MemoryPlannerTest, StepsAtTheEdgesAreIncluded) {
  const std::vector<BufferRequest> requests = {{64, 0, 1}, {64, 1, 2}};
  const MemoryPlan plan = PlanMemory(requests);
  CheckPlan(requests, plan);
  EXPECT_EQ(plan.arena_bytes, 128);
}

TEST(MemoryPlannerTest, AGapIsFilled) {
  // When the second of three has died, a fourth takes its place.
  const std::vector<BufferRequest> requests = {
      {640, 0, 9}, {320, 0, 3}, {128, 0, 9}, {300, 4, 9}};
  const MemoryPlan plan = PlanMemory(requests);
  CheckPlan(requests, plan);
  EXPECT_EQ(plan.arena_bytes, 640 + 320 + 128);
}

TEST(MemoryPlannerTest, AChainOfLayersNeedsTwoBuffers) {
  std::vector<BufferRequest> requests;
  for (int layer = 0; layer < 20; ++layer) {
    requests.push_back({4096, layer, layer + 1});
  }
  const MemoryPlan plan = PlanMemory(requests);
  CheckPlan(requests, plan);
  EXPECT_EQ(plan.arena_bytes, 2 * 4096);
}

TEST(MemoryPlannerTest, NothingAliveTogetherOverlapsInManyRandomPlans) {
  RandomStream random(StreamKey(1, "plans"));
  for (int turn = 0; turn < 100; ++turn) {
    std::vector<BufferRequest> requests(random.NextBelow(60));
    for (BufferRequest& request : requests) {
      request.bytes = random.NextBelow(turn % 2 == 0 ? 200 : 100000);
      request.first = static_cast<int>(random.NextBelow(40));
      request.last = request.first + static_cast<int>(random.NextBelow(12));
    }
    const MemoryPlan plan = PlanMemory(requests);
    CheckPlan(requests, plan);
    EXPECT_GE(plan.arena_bytes, LeastBytes(requests));
    EXPECT_LE(plan.arena_bytes, 2 * LeastBytes(requests));
  }
}

TEST(MemoryPlannerTest, NothingNeedsNothing) {
  EXPECT_EQ(PlanMemory({}).arena_bytes, 0);
  const std::vector<BufferRequest> requests = {{0, 0, 3}, {0, 1, 1}};
  EXPECT_EQ(PlanMemory(requests).arena_bytes, 0);
}

}  // namespace
}  // namespace cairn
