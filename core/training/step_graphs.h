#ifndef CAIRN_CORE_TRAINING_STEP_GRAPHS_H_
#define CAIRN_CORE_TRAINING_STEP_GRAPHS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/data/batch_field.h"
#include "core/graph/graph.h"
#include "core/layer/layer.h"
#include "core/training/loss.h"
#include "core/training/optimizer.h"
#include "core/training/running_logs.h"

namespace cairn {

// Values of a file that wait for slots that are not made yet.
class DeferredSlots {
 public:
  virtual ~DeferredSlots() = default;
  // Copies the value that waits for a slot that was just made into it, if there
  // is one. `index` is the weight's place among the trainable ones.
  virtual absl::Status Fill(const SlotSpec& slot, const Weight& weight,
                            int index, Variable& variable) = 0;
};

// What an optimizer keeps: one variable per slot and trainable weight, the
// iterations and the rate.
struct OptimizerVariables {
  std::shared_ptr<Variable> iterations;     // int64 scalar.
  std::shared_ptr<Variable> learning_rate;  // float32 scalar.
  // By SlotSpec::name, then by weight.
  std::map<std::string, std::map<const Variable*, std::shared_ptr<Variable>>>
      slots;
  // Asked for slots still to be made; null once all are.
  std::shared_ptr<DeferredSlots> deferred;
};

// Adds the slots that `weights`, all trainable ones, need and that are not
// there yet. An error, after which none of them is added, if a deferred value
// does not fit.
absl::Status MakeSlots(const Optimizer& optimizer,
                       absl::Span<const Weight> weights,
                       OptimizerVariables& variables);

// Everything that a step is traced from. Nothing is owned but what is shared.
struct StepParts {
  Layer* model = nullptr;
  const Loss* loss = nullptr;
  const Optimizer* optimizer = nullptr;
  OptimizerVariables* optimizer_variables = nullptr;
  std::shared_ptr<Variable> random_counter;
  uint64_t seed = 0;
  std::vector<BatchField> fields;
};

// The graphs take the fields of a batch as their inputs, in the order of
// `fields`, with a dynamic first dimension.
//
// One training step: forward, loss, metrics, gradients, updates. No outputs;
// what it computes goes to variables.
absl::StatusOr<Graph> TraceTrainStep(const StepParts& parts,
                                     const RunningLogs& logs);
// Forward, loss and metrics.
absl::StatusOr<Graph> TraceTestStep(const StepParts& parts,
                                    const RunningLogs& logs);
// Forward alone; its outputs are the model's. Targets are not used.
absl::StatusOr<Graph> TracePredictStep(const StepParts& parts);

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_STEP_GRAPHS_H_
