#include "core/runtime/memory_planner.h"

#include <algorithm>
#include <numeric>

#include "core/tensor/aligned_buffer.h"

namespace cairn {
namespace {

bool LiveTogether(const BufferRequest& a, const BufferRequest& b) {
  return a.first <= b.last && b.first <= a.last;
}

}  // namespace

MemoryPlan PlanMemory(const std::vector<BufferRequest>& requests) {
  MemoryPlan plan;
  plan.offsets.assign(requests.size(), 0);
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return requests[a].bytes > requests[b].bytes;
  });
  std::vector<size_t> placed;  // By offset.
  for (const size_t current : order) {
    const size_t bytes = RoundUpToAlignment(requests[current].bytes);
    size_t offset = 0;
    for (const size_t other : placed) {
      if (!LiveTogether(requests[current], requests[other])) continue;
      const size_t end =
          plan.offsets[other] + RoundUpToAlignment(requests[other].bytes);
      if (plan.offsets[other] >= offset + bytes) break;
      offset = std::max(offset, end);
    }
    plan.offsets[current] = offset;
    plan.arena_bytes = std::max(plan.arena_bytes, offset + bytes);
    const auto at = std::upper_bound(placed.begin(), placed.end(), offset,
                                     [&](size_t value, size_t index) {
                                       return value < plan.offsets[index];
                                     });
    placed.insert(at, current);
  }
  return plan;
}

}  // namespace cairn
