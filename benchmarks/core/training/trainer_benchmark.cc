// From nothing to the end of the first training step, as a user's program goes
// there: the model is described, compiled and built, its weights are drawn, the
// step is traced and planned, and runs once on a batch of 128.
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "benchmark/benchmark.h"
#include "benchmarks/inputs.h"
#include "benchmarks/models.h"
#include "benchmarks/report_error.h"
#include "core/base/status_macros.h"
#include "core/data/arrays.h"
#include "core/model/sequential.h"

namespace cairn {
namespace {

constexpr int64_t kBatch = 128;

absl::Status MeasureFirstSteps(benchmark::State& state,
                               const std::string& name) {
  Shape images = ImageShape(name);
  images.insert(images.begin(), kBatch);
  const Arrays batch = {.inputs = {{"", RandomFloats(images, 0, 1)}},
                        .targets = {{"", RandomLabels(kBatch)}}};
  for (auto _ : state) {
    CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<Sequential> model,
                           MakeBenchmarkModel(name));
    CAIRN_RETURN_IF_ERROR(CompileBenchmarkModel(*model, /*threads=*/1));
    CAIRN_RETURN_IF_ERROR(model->TrainOnBatch(batch).status());
  }
  return absl::OkStatus();
}

void BM_FirstStep(benchmark::State& state, const std::string& model) {
  ReportError(state, MeasureFirstSteps(state, model));
}
BENCHMARK_CAPTURE(BM_FirstStep, mlp512, "mlp512")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_FirstStep, mlp64x2, "mlp64x2")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_FirstStep, cnn, "cnn")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn
