#ifndef CAIRN_CORE_RUNTIME_MEMORY_PLANNER_H_
#define CAIRN_CORE_RUNTIME_MEMORY_PLANNER_H_

#include <cstddef>
#include <vector>

namespace cairn {

// A piece of memory that is needed from one step of a plan to another, both
// included.
struct BufferRequest {
  size_t bytes = 0;
  int first = 0;
  int last = 0;
};

struct MemoryPlan {
  std::vector<size_t> offsets;  // Of each request; multiples of 64.
  size_t arena_bytes = 0;
};

// Places all requests in one arena, as small as a simple rule gets it: large
// pieces first, each at the lowest place that is free while it lives. What is
// alive together never overlaps.
MemoryPlan PlanMemory(const std::vector<BufferRequest>& requests);

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_MEMORY_PLANNER_H_
