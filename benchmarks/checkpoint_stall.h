#ifndef CAIRN_BENCHMARKS_CHECKPOINT_STALL_H_
#define CAIRN_BENCHMARKS_CHECKPOINT_STALL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "benchmarks/checkpoint_saves.h"
#include "benchmarks/saved_state.h"

namespace cairn {

// Of MeasureStall().
const std::vector<std::string>& StallMethods();

// Trains without a save and with a durable one by ModelCheckpoint after every
// so many steps, in turn, and prints a line of JSON for each method and
// interval. REQUIRES: `methods` are of StallMethods(), intervals positive.
absl::Status MeasureStall(const CheckpointRuns& runs,
                          const std::vector<std::string>& methods,
                          const std::vector<int64_t>& intervals,
                          SavedState& state);

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_CHECKPOINT_STALL_H_
