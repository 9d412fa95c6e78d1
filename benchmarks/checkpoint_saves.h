#ifndef CAIRN_BENCHMARKS_CHECKPOINT_SAVES_H_
#define CAIRN_BENCHMARKS_CHECKPOINT_SAVES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "benchmarks/saved_state.h"

namespace cairn {

struct CheckpointRuns {
  std::string state;   // The name of it.
  std::string folder;  // Exists, and is used for nothing else.
  int rounds = 1;
  int threads = 1;
};

// Of MeasureSaves().
const std::vector<std::string>& SaveMethods();

// Saves and loads, the raw limits and the methods in turn within each round,
// and prints a line of JSON for each. REQUIRES: `methods` are of
// SaveMethods().
absl::Status MeasureSaves(const CheckpointRuns& runs,
                          const std::vector<std::string>& methods,
                          SavedState& state);

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_CHECKPOINT_SAVES_H_
