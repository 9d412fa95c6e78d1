// The poolings of the cnn: 26x26x32 and 11x11x64, in windows of 2x2.
#include "benchmark/benchmark.h"
#include "benchmarks/core/ops/run_ops.h"
#include "benchmarks/inputs.h"
#include "core/graph/builder.h"
#include "core/ops/max_pool.h"

namespace cairn {
namespace {

struct Pooling {
  explicit Pooling(const benchmark::State& state)
      : batch(state.range(0)), size(state.range(1)), channels(state.range(2)) {}

  Tensor Images() const {
    return RandomFloats({batch, size, size, channels}, -1, 1);
  }
  Tensor OutputGradients() const {
    return RandomFloats({batch, size / 2, size / 2, channels}, -1, 1);
  }
  int64_t image_bytes() const {
    return batch * size * size * channels * int64_t{sizeof(float)};
  }
  int64_t output_bytes() const {
    return batch * (size / 2) * (size / 2) * channels * int64_t{sizeof(float)};
  }

  int64_t batch, size, channels;
};

void Poolings(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"batch", "size", "channels"});
  for (const int64_t batch : {32, 128}) {
    benchmark->Args({batch, 26, 32});
    benchmark->Args({batch, 11, 64});
  }
}

// The forward pass of a prediction.
void BM_MaxPool(benchmark::State& state) {
  const Pooling pooling(state);
  RunOps(state, {pooling.Images()},
         [](GraphBuilder&, absl::Span<const Value> inputs) {
           return std::vector<Value>{ops::MaxPool(inputs[0], {})};
         });
  ReportImages(state, pooling.batch);
  ReportBytes(state, pooling.image_bytes() + pooling.output_bytes());
}
BENCHMARK(BM_MaxPool)->Apply(Poolings);

// Both passes of a training step, in which the first notes where the maxima
// are.
void BM_MaxPoolAndGradient(benchmark::State& state) {
  const Pooling pooling(state);
  RunOps(state, {pooling.Images(), pooling.OutputGradients()},
         [](GraphBuilder& builder, absl::Span<const Value> inputs) {
           const Value y = ops::MaxPool(inputs[0], {});
           if (!y.valid()) return std::vector<Value>{y};
           const Attrs attrs = builder.node(y.id()).attrs;
           return std::vector<Value>{
               y, builder.Emit("MaxPoolGrad", {inputs[0], y, inputs[1]},
                               attrs)[0]};
         });
  ReportImages(state, pooling.batch);
  ReportBytes(state, 2 * (pooling.image_bytes() + pooling.output_bytes()));
}
BENCHMARK(BM_MaxPoolAndGradient)->Apply(Poolings);

}  // namespace
}  // namespace cairn
