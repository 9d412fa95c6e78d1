// One training step: forward, loss, accuracy, gradients and Adam's update, from
// a batch that lies in the plan's inputs to the changed weights. Reports steps
// per second, the bytes in which the plan keeps what is between the layers, and
// the allocations per step, of which there are none.
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "benchmark/benchmark.h"
#include "benchmarks/core/training/training_step.h"
#include "benchmarks/report_error.h"
#include "core/base/status_macros.h"
#include "tests/support/allocation_guard.h"

namespace cairn {
namespace {

absl::Status MeasureSteps(benchmark::State& state, const std::string& model) {
  ThreadTeam team(static_cast<int>(state.range(1)));
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<TrainingStep> step,
                         TrainingStep::Create(model));
  CAIRN_ASSIGN_OR_RETURN(const Graph graph, step->Trace());
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<Plan> plan,
                         step->MakePlan(graph, state.range(0), &team));
  step->FillInputs(*plan);
  // What a library sets up on its first call is no part of a step.
  CAIRN_RETURN_IF_ERROR(plan->Run());
  int64_t allocations = 0;
  for (auto _ : state) {
    // Around the step alone, so that nothing else is counted.
    const AllocationGuard guard;
    CAIRN_RETURN_IF_ERROR(plan->Run());
    allocations += guard.count();
  }
  using benchmark::Counter;
  state.counters["steps_per_s"] =
      Counter(1, Counter::kIsIterationInvariantRate);
  state.counters["arena_bytes"] =
      Counter(static_cast<double>(plan->arena_bytes()), Counter::kDefaults,
              Counter::kIs1024);
  state.counters["allocations_per_step"] =
      Counter(static_cast<double>(allocations), Counter::kAvgIterations);
  return absl::OkStatus();
}

void BM_TrainingStep(benchmark::State& state, const std::string& model) {
  ReportError(state, MeasureSteps(state, model));
}

void BatchesAndThreads(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"batch", "team"});
  benchmark->ArgsProduct({{32, 128}, {1, 2}});
  benchmark->UseRealTime();
}

BENCHMARK_CAPTURE(BM_TrainingStep, mlp512, "mlp512")->Apply(BatchesAndThreads);
BENCHMARK_CAPTURE(BM_TrainingStep, mlp64x2, "mlp64x2")
    ->Apply(BatchesAndThreads);
BENCHMARK_CAPTURE(BM_TrainingStep, cnn, "cnn")->Apply(BatchesAndThreads);

}  // namespace
}  // namespace cairn
