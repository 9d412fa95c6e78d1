#ifndef CAIRN_CORE_RUNTIME_RUN_IN_PARALLEL_H_
#define CAIRN_CORE_RUNTIME_RUN_IN_PARALLEL_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace cairn {

// Calls run(task) for each task in [0, tasks), once each and lower ones first,
// on the caller and up to three threads made for it, one for each core. Returns
// when all are done, with the error of the lowest task that has one; tasks that
// nobody has taken by then are left out. For reading, writing and copying
// megabytes; what computes takes a ThreadTeam.
absl::Status RunInParallel(int64_t tasks,
                           absl::FunctionRef<absl::Status(int64_t task)> run);

// Fewer bytes are gone through sooner than a thread for them has begun.
inline constexpr int64_t kInParallelFrom = int64_t{2} << 20;

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_RUN_IN_PARALLEL_H_
