#include "benchmarks/core/ops/run_ops.h"

#include <algorithm>

#include "absl/status/status.h"
#include "benchmarks/inputs.h"
#include "benchmarks/report_error.h"
#include "core/base/status_macros.h"
#include "core/runtime/plan.h"

namespace cairn {
namespace {

absl::Status MeasureRuns(benchmark::State& state,
                         const std::vector<Tensor>& inputs,
                         const TraceFunction& function) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<Plan> plan,
                         PlanTrace(inputs, function));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const absl::Span<const std::byte> bytes = inputs[i].bytes();
    std::copy(bytes.begin(), bytes.end(),
              plan->input(static_cast<int>(i)).begin());
  }
  // What a library sets up on its first call is no part of a step.
  CAIRN_RETURN_IF_ERROR(plan->Run());
  for (auto _ : state) CAIRN_RETURN_IF_ERROR(plan->Run());
  return absl::OkStatus();
}

}  // namespace

void RunOps(benchmark::State& state, const std::vector<Tensor>& inputs,
            const TraceFunction& function) {
  ReportError(state, MeasureRuns(state, inputs, function));
}

std::shared_ptr<Variable> MakeWeight(const Shape& shape) {
  auto weight = std::make_shared<Variable>(
      "weight", TensorSpec{DType::kFloat32, shape}, /*trainable=*/true);
  const Tensor values = RandomFloats(shape, -0.1f, 0.1f);
  const absl::Span<const std::byte> bytes = values.bytes();
  std::copy(bytes.begin(), bytes.end(),
            weight->mutable_value().mutable_bytes().begin());
  return weight;
}

void ReportImages(benchmark::State& state, int64_t images) {
  state.SetItemsProcessed(state.iterations() * images);
}

void ReportBytes(benchmark::State& state, int64_t bytes) {
  state.SetBytesProcessed(state.iterations() * bytes);
}

void ReportArithmetic(benchmark::State& state, int64_t operations) {
  state.counters["operations_per_s"] =
      benchmark::Counter(static_cast<double>(operations),
                         benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace cairn
