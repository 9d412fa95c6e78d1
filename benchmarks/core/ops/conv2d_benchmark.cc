// The convolutions of the cnn: 28x28x1 to 32 channels and 13x13x32 to 64, each
// with filters of 3x3: the forward pass with bias and activation, as a plan
// does it, and the two gradients.
#include "benchmark/benchmark.h"
#include "benchmarks/core/ops/run_ops.h"
#include "benchmarks/inputs.h"
#include "core/graph/builder.h"
#include "core/ops/bias_add.h"
#include "core/ops/conv2d.h"
#include "core/ops/unary.h"

namespace cairn {
namespace {

constexpr int64_t kFilter = 3;

struct Layer {
  explicit Layer(const benchmark::State& state)
      : batch(state.range(0)),
        size(state.range(1)),
        in(state.range(2)),
        out(state.range(3)) {}

  Tensor Images() const { return RandomFloats({batch, size, size, in}, -1, 1); }
  Tensor OutputGradients() const {
    return RandomFloats({batch, out_size(), out_size(), out}, -1, 1);
  }
  Shape filter() const { return {kFilter, kFilter, in, out}; }
  int64_t out_size() const { return size - kFilter + 1; }
  void Report(benchmark::State& state) const {
    ReportImages(state, batch);
    ReportArithmetic(state, 2 * batch * out_size() * out_size() * kFilter *
                                kFilter * in * out);
  }

  int64_t batch, size, in, out;
};

void Layers(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"batch", "size", "in", "out"});
  for (const int64_t batch : {32, 128}) {
    benchmark->Args({batch, 28, 1, 32});
    benchmark->Args({batch, 13, 32, 64});
  }
}

void BM_ConvolutionBiasRelu(benchmark::State& state) {
  const Layer layer(state);
  const auto filter = MakeWeight(layer.filter());
  const auto bias = MakeWeight({layer.out});
  RunOps(state, {layer.Images()},
         [&](GraphBuilder& builder, absl::Span<const Value> inputs) {
           const Value y = ops::Conv2D(inputs[0], builder.Read(filter), {});
           return std::vector<Value>{
               ops::Relu(ops::BiasAdd(y, builder.Read(bias)))};
         });
  layer.Report(state);
}
BENCHMARK(BM_ConvolutionBiasRelu)->Apply(Layers);

// A gradient takes the attributes of its convolution, which is then left out of
// the plan, as nothing needs its result.
std::vector<Value> EmitGradient(absl::string_view op, Value images,
                                Value filter, absl::Span<const Value> inputs) {
  const Value y = ops::Conv2D(images, filter, {});
  if (!y.valid()) return {y};
  const Attrs attrs = y.builder()->node(y.id()).attrs;
  return y.builder()->Emit(op, inputs, attrs);
}

void BM_ConvolutionInputGradient(benchmark::State& state) {
  const Layer layer(state);
  const auto weight = MakeWeight(layer.filter());
  RunOps(state, {layer.Images(), layer.OutputGradients()},
         [&](GraphBuilder& builder, absl::Span<const Value> inputs) {
           const Value filter = builder.Read(weight);
           return EmitGradient("_Conv2DBackpropInput", inputs[0], filter,
                               {inputs[0], filter, inputs[1]});
         });
  layer.Report(state);
}
// A first layer has no use for it.
BENCHMARK(BM_ConvolutionInputGradient)
    ->ArgNames({"batch", "size", "in", "out"})
    ->Args({32, 13, 32, 64})
    ->Args({128, 13, 32, 64});

void BM_ConvolutionFilterGradient(benchmark::State& state) {
  const Layer layer(state);
  const auto weight = MakeWeight(layer.filter());
  RunOps(state, {layer.Images(), layer.OutputGradients()},
         [&](GraphBuilder& builder, absl::Span<const Value> inputs) {
           const Value filter = builder.Read(weight);
           return EmitGradient("_Conv2DBackpropFilter", inputs[0], filter,
                               {filter, inputs[0], inputs[1]});
         });
  layer.Report(state);
}
BENCHMARK(BM_ConvolutionFilterGradient)->Apply(Layers);

}  // namespace
}  // namespace cairn
