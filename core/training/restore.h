#ifndef CAIRN_CORE_TRAINING_RESTORE_H_
#define CAIRN_CORE_TRAINING_RESTORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/layer/layer.h"
#include "core/training/optimizer.h"
#include "core/training/restore_options.h"
#include "core/training/snapshot.h"
#include "core/training/step_graphs.h"

namespace cairn {

// A value and the variable that is to take it.
struct Assignment {
  std::string path;
  Variable* variable = nullptr;
  Tensor value;
};

struct WeightAssignments {
  Match match = Match::kAuto;  // The way that was taken.
  std::vector<Assignment> assignments;
};

// Finds a value for every weight of `model` in the snapshot, and a weight for
// every value. InvalidArgument, naming the paths that are missing, left over or
// of another shape, if that is not so. Changes nothing.
absl::StatusOr<WeightAssignments> MatchWeights(const Layer& model,
                                               const Snapshot& snapshot,
                                               Match match);

// Likewise for the iterations, the rate and the slots, by edges. What the file
// has beyond them is no error: Keras 2 and 3 keep different things.
absl::StatusOr<std::vector<Assignment>> MatchOptimizer(
    const Layer& model, const Optimizer& optimizer,
    const OptimizerVariables& variables, const Snapshot& snapshot);

// Copies all values, on several threads if there is much. An error is one of
// reading values that are stored, which can leave some variables with new
// values. REQUIRES: the specs are equal.
absl::Status Assign(const std::vector<Assignment>& assignments);

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_RESTORE_H_
