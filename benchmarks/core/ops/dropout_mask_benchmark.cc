// The random masks of Dropout: 512 numbers per image in mlp512, 1600 in the
// cnn.
#include "benchmark/benchmark.h"
#include "benchmarks/core/ops/run_ops.h"
#include "benchmarks/inputs.h"
#include "core/ops/dropout_mask.h"

namespace cairn {
namespace {

void BM_DropoutMask(benchmark::State& state) {
  const int64_t batch = state.range(0), units = state.range(1);
  RunOps(state,
         {RandomFloats({batch, units}, -1, 1), Tensor::Scalar<int64_t>(7)},
         [](GraphBuilder&, absl::Span<const Value> inputs) {
           return std::vector<Value>{ops::DropoutMask(inputs[0], inputs[1],
                                                      /*key=*/3, /*rate=*/0.2)};
         });
  // Nothing is read but the counter.
  ReportImages(state, batch);
  ReportBytes(state, batch * units * int64_t{sizeof(float)});
}
BENCHMARK(BM_DropoutMask)
    ->ArgNames({"batch", "units"})
    ->ArgsProduct({{32, 128}, {512, 1600}});

}  // namespace
}  // namespace cairn
