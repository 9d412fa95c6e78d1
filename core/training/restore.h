#ifndef CAIRN_CORE_TRAINING_RESTORE_H_
#define CAIRN_CORE_TRAINING_RESTORE_H_

#include <map>
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
  RestoreReport report;
  std::vector<Assignment> assignments;
  // What the snapshot calls the value of each weight that gets one.
  std::map<const Variable*, std::string> names;
  // Whether every weight gets a value and every value a weight.
  bool is_whole = true;
};

// Finds a value for every weight of `model` in the snapshot, and a weight for
// every value. InvalidArgument, naming the paths that are missing, left over or
// of another shape, if that is not so and `options` do not allow it. Changes
// nothing.
absl::StatusOr<WeightAssignments> MatchWeights(const Layer& model,
                                               const Snapshot& snapshot,
                                               const RestoreOptions& options);

// Likewise for the iterations, the rate and the slots, by edges; adds them to
// `weights`. What the file has beyond them is no error: Keras 2 and 3 keep
// different things. Where the weights do not fit one to one, the optimizer
// keeps what it has: its state belongs to the weights of another model.
absl::Status MatchOptimizer(const Layer& model, const Optimizer& optimizer,
                            const OptimizerVariables& variables,
                            const Snapshot& snapshot,
                            const RestoreOptions& options,
                            WeightAssignments& weights);

// Copies all values, on several threads if there is much. An error is one of
// reading values that are stored, which can leave some variables with new
// values. REQUIRES: the specs are equal.
absl::Status Assign(const std::vector<Assignment>& assignments);

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_RESTORE_H_
