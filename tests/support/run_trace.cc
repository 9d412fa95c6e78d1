#include "tests/support/run_trace.h"

#include <algorithm>
#include <utility>

#include "core/base/status_macros.h"
#include "core/ops/binary.h"
#include "core/ops/reduce.h"
#include "core/ops/unary.h"
#include "core/transform/prepare_for_plan.h"

namespace cairn {

absl::StatusOr<std::unique_ptr<Plan>> PlanTrace(
    const std::vector<Tensor>& inputs, const TraceFunction& function) {
  GraphBuilder builder;
  std::vector<Value> values;
  std::vector<Shape> shapes;
  for (const Tensor& input : inputs) {
    TensorSpec spec = input.spec();
    if (!spec.shape.empty()) spec.shape[0] = kDynamic;
    values.push_back(builder.AddInput("input", spec));
    shapes.push_back(input.shape());
  }
  const std::vector<Value> outputs = function(builder, values);
  CAIRN_ASSIGN_OR_RETURN(const Graph graph, std::move(builder).Build(outputs));
  CAIRN_ASSIGN_OR_RETURN(Graph prepared, PrepareForPlan(graph, shapes));
  return Plan::Compile(std::move(prepared), nullptr);
}

absl::StatusOr<std::vector<Tensor>> RunPlan(Plan& plan,
                                            const std::vector<Tensor>& inputs,
                                            int outputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const absl::Span<const std::byte> bytes = inputs[i].bytes();
    std::copy(bytes.begin(), bytes.end(),
              plan.input(static_cast<int>(i)).begin());
  }
  CAIRN_RETURN_IF_ERROR(plan.Run());
  std::vector<Tensor> results;
  for (int i = 0; i < outputs; ++i) {
    results.push_back(Tensor::Zeros(plan.output_spec(i)));
    const absl::Span<const std::byte> bytes = plan.output(i);
    std::copy(bytes.begin(), bytes.end(),
              results.back().mutable_bytes().begin());
  }
  return results;
}

absl::StatusOr<std::vector<Tensor>> RunTrace(const std::vector<Tensor>& inputs,
                                             const TraceFunction& function) {
  int outputs = 0;
  CAIRN_ASSIGN_OR_RETURN(
      const std::unique_ptr<Plan> plan,
      PlanTrace(inputs,
                [&](GraphBuilder& builder, absl::Span<const Value> values) {
                  std::vector<Value> results = function(builder, values);
                  outputs = static_cast<int>(results.size());
                  return results;
                }));
  return RunPlan(*plan, inputs, outputs);
}

Value WeightedSum(Value y) {
  // Squares make the gradient depend on the values.
  return ops::SumAll(ops::Add(ops::Scale(ops::Square(y), 0.25), y));
}

}  // namespace cairn
