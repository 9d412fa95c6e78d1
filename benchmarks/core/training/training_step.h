#ifndef CAIRN_BENCHMARKS_CORE_TRAINING_TRAINING_STEP_H_
#define CAIRN_BENCHMARKS_CORE_TRAINING_TRAINING_STEP_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/data/batch_field.h"
#include "core/graph/graph.h"
#include "core/graph/variable.h"
#include "core/model/sequential.h"
#include "core/runtime/plan.h"
#include "core/runtime/thread_team.h"
#include "core/training/running_logs.h"
#include "core/training/step_graphs.h"
#include "layers/losses/sparse_categorical_crossentropy.h"
#include "optimizers/adam.h"

namespace cairn {

// A model of benchmarks/models.h with everything that its training step is
// traced from, compiled as CompileBenchmarkModel() does.
class TrainingStep {
 public:
  static absl::StatusOr<std::unique_ptr<TrainingStep>> Create(
      const std::string& model);

  absl::StatusOr<Graph> Trace();
  // Prepares and plans a traced graph for batches of `rows` images. `team` must
  // outlive the plan.
  absl::StatusOr<std::unique_ptr<Plan>> MakePlan(const Graph& graph,
                                                 int64_t rows,
                                                 ThreadTeam* team) const;
  // Puts a batch into the inputs of a plan.
  void FillInputs(Plan& plan) const;

 private:
  explicit TrainingStep(Shape image);

  const Shape image_;
  const std::vector<BatchField> fields_;
  std::unique_ptr<Sequential> model_;
  const SparseCategoricalCrossentropy loss_;
  const Adam optimizer_;
  OptimizerVariables variables_;
  const std::shared_ptr<Variable> random_counter_;
  const RunningLogs logs_;
};

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_CORE_TRAINING_TRAINING_STEP_H_
