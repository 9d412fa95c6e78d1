#ifndef CAIRN_SAVING_CHECKPOINT_AVERAGE_H_
#define CAIRN_SAVING_CHECKPOINT_AVERAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "saving/format.h"

namespace cairn {

// What went into an average.
struct AverageReport {
  int64_t averaged = 0;              // Floating tensors.
  int64_t equal = 0;                 // Others, the same in all checkpoints.
  std::vector<std::string> of_last;  // Others that differ; the last one's.
};

// Writes at `out` the mean of checkpoints of one model: of each floating tensor
// that of its values, summed in double in the order given and rounded once.
// Integers, truths, configs and the object graph are not averaged: those that
// differ are the last checkpoint's. Reads a tensor at a time.
// InvalidArgument, and nothing is written, if there are no checkpoints, if they
// have not the same keys, types and shapes, or if an entry is of a type that
// Tensor does not have; DataLoss if one is damaged.
absl::StatusOr<AverageReport> AverageCheckpoints(
    const std::vector<std::string>& paths, const std::string& out,
    const SaveOptions& options = {});

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_AVERAGE_H_
