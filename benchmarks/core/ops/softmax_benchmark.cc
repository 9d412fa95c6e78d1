// What becomes of the ten numbers per image that a model ends with: softmax
// alone, as a prediction needs it, and with the loss and its gradient, as a
// training step does.
#include "benchmark/benchmark.h"
#include "benchmarks/core/ops/run_ops.h"
#include "benchmarks/inputs.h"
#include "core/graph/builder.h"
#include "core/ops/softmax.h"

namespace cairn {
namespace {

constexpr int64_t kClasses = 10;

void BM_Softmax(benchmark::State& state) {
  const int64_t batch = state.range(0);
  RunOps(state, {RandomFloats({batch, kClasses}, -4, 4)},
         [](GraphBuilder&, absl::Span<const Value> inputs) {
           return std::vector<Value>{ops::Softmax(inputs[0])};
         });
  ReportImages(state, batch);
}
BENCHMARK(BM_Softmax)->ArgName("batch")->Arg(32)->Arg(128);

void BM_SparseSoftmaxCrossEntropy(benchmark::State& state) {
  const int64_t batch = state.range(0);
  RunOps(state, {RandomFloats({batch, kClasses}, -4, 4), RandomLabels(batch)},
         [](GraphBuilder& builder, absl::Span<const Value> inputs) {
           // Emitted by name, for the second output: the gradient.
           return builder.Emit("SparseSoftmaxCrossEntropyWithLogits", inputs,
                               {});
         });
  ReportImages(state, batch);
}
BENCHMARK(BM_SparseSoftmaxCrossEntropy)->ArgName("batch")->Arg(32)->Arg(128);

}  // namespace
}  // namespace cairn
