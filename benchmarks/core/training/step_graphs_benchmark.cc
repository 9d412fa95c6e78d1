// What is done once before the first step: the trace of a training step,
// gradients included, and its plan: shapes, fusion, memory and kernels. oneDNN
// keeps the code that it generates, so all plans but the first of a process
// find it made; with ONEDNN_PRIMITIVE_CACHE_CAPACITY=0 none does.
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "benchmark/benchmark.h"
#include "benchmarks/core/training/training_step.h"
#include "benchmarks/report_error.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

constexpr int64_t kBatch = 128;

absl::Status MeasureTraces(benchmark::State& state, const std::string& model) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<TrainingStep> step,
                         TrainingStep::Create(model));
  // The first makes the optimizer's slots.
  CAIRN_RETURN_IF_ERROR(step->Trace().status());
  for (auto _ : state) CAIRN_RETURN_IF_ERROR(step->Trace().status());
  return absl::OkStatus();
}

void BM_TraceTrainStep(benchmark::State& state, const std::string& model) {
  ReportError(state, MeasureTraces(state, model));
}
BENCHMARK_CAPTURE(BM_TraceTrainStep, mlp512, "mlp512");
BENCHMARK_CAPTURE(BM_TraceTrainStep, mlp64x2, "mlp64x2");
BENCHMARK_CAPTURE(BM_TraceTrainStep, cnn, "cnn");

absl::Status MeasurePlans(benchmark::State& state, const std::string& model) {
  ThreadTeam team(1);
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<TrainingStep> step,
                         TrainingStep::Create(model));
  CAIRN_ASSIGN_OR_RETURN(const Graph graph, step->Trace());
  for (auto _ : state) {
    CAIRN_RETURN_IF_ERROR(step->MakePlan(graph, kBatch, &team).status());
  }
  return absl::OkStatus();
}

void BM_PlanTrainStep(benchmark::State& state, const std::string& model) {
  ReportError(state, MeasurePlans(state, model));
}
BENCHMARK_CAPTURE(BM_PlanTrainStep, mlp512, "mlp512");
BENCHMARK_CAPTURE(BM_PlanTrainStep, mlp64x2, "mlp64x2");
BENCHMARK_CAPTURE(BM_PlanTrainStep, cnn, "cnn");

}  // namespace
}  // namespace cairn
