#include "benchmarks/core/training/training_step.h"

#include <algorithm>
#include <utility>

#include "benchmarks/inputs.h"
#include "benchmarks/models.h"
#include "core/base/status_macros.h"
#include "core/transform/prepare_for_plan.h"
#include "layers/metrics/sparse_categorical_accuracy.h"

namespace cairn {
namespace {

Shape WithRows(int64_t rows, Shape shape) {
  shape.insert(shape.begin(), rows);
  return shape;
}

std::shared_ptr<Variable> MakeVariable(const char* name, DType dtype) {
  return std::make_shared<Variable>(name, TensorSpec{dtype, {}},
                                    /*trainable=*/false);
}

void CopyInto(absl::Span<std::byte> to, const Tensor& tensor) {
  const absl::Span<const std::byte> bytes = tensor.bytes();
  std::copy(bytes.begin(), bytes.end(), to.begin());
}

}  // namespace

TrainingStep::TrainingStep(Shape image)
    : image_(std::move(image)),
      fields_({{BatchField::Use::kInput, "", {DType::kFloat32, image_}},
               {BatchField::Use::kTarget, "", {DType::kUInt8, {}}}}),
      loss_(SparseCategoricalCrossentropyOptions()),
      optimizer_({.learning_rate = 1e-3}),
      variables_(
          {.iterations = MakeVariable("iterations", DType::kInt64),
           .learning_rate = MakeVariable("learning_rate", DType::kFloat32)}),
      random_counter_(MakeVariable("random_counter", DType::kInt64)),
      logs_("train",
            {{"accuracy", std::make_shared<SparseCategoricalAccuracy>(), {}}}) {
}

absl::StatusOr<std::unique_ptr<TrainingStep>> TrainingStep::Create(
    const std::string& model) {
  auto step =
      std::unique_ptr<TrainingStep>(new TrainingStep(ImageShape(model)));
  CAIRN_ASSIGN_OR_RETURN(step->model_, MakeBenchmarkModel(model));
  CAIRN_RETURN_IF_ERROR(step->model_->EnsureBuilt(
      {TensorSpec{DType::kFloat32, WithRows(kDynamic, step->image_)}}));
  return step;
}

absl::StatusOr<Graph> TrainingStep::Trace() {
  return TraceTrainStep({.model = model_.get(),
                         .loss = &loss_,
                         .optimizer = &optimizer_,
                         .optimizer_variables = &variables_,
                         .random_counter = random_counter_,
                         .fields = fields_},
                        logs_);
}

absl::StatusOr<std::unique_ptr<Plan>> TrainingStep::MakePlan(
    const Graph& graph, int64_t rows, ThreadTeam* team) const {
  CAIRN_ASSIGN_OR_RETURN(
      Graph prepared, PrepareForPlan(graph, {WithRows(rows, image_), {rows}}));
  return Plan::Compile(std::move(prepared), team);
}

void TrainingStep::FillInputs(Plan& plan) const {
  const int64_t rows = plan.input_spec(1).shape[0];
  CopyInto(plan.input(0), RandomFloats(WithRows(rows, image_), 0, 1));
  CopyInto(plan.input(1), RandomLabels(rows));
}

}  // namespace cairn
