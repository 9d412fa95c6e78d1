// The products of Dense layers: for each layer the forward pass, alone and with
// bias and activation, and the two gradients. The sizes are those of mlp512
// (784 to 512 to 10) and of the cnn's last layer (1600 to 10).
#include "benchmark/benchmark.h"
#include "benchmarks/core/ops/run_ops.h"
#include "benchmarks/inputs.h"
#include "core/ops/bias_add.h"
#include "core/ops/matmul.h"
#include "core/ops/unary.h"

namespace cairn {
namespace {

struct Layer {
  explicit Layer(const benchmark::State& state)
      : batch(state.range(0)), in(state.range(1)), out(state.range(2)) {}

  Tensor Inputs() const { return RandomFloats({batch, in}, -1, 1); }
  Tensor OutputGradients() const { return RandomFloats({batch, out}, -1, 1); }
  void Report(benchmark::State& state) const {
    ReportImages(state, batch);
    ReportArithmetic(state, 2 * batch * in * out);
  }

  int64_t batch, in, out;
};

void Layers(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"batch", "in", "out"});
  for (const int64_t batch : {32, 128}) {
    benchmark->Args({batch, 784, 512});
    benchmark->Args({batch, 512, 10});
    benchmark->Args({batch, 1600, 10});
  }
}

// x * W.
void BM_Product(benchmark::State& state) {
  const Layer layer(state);
  const auto weight = MakeWeight({layer.in, layer.out});
  RunOps(
      state, {layer.Inputs()},
      [&](GraphBuilder& builder, absl::Span<const Value> inputs) {
        return std::vector<Value>{ops::MatMul(inputs[0], builder.Read(weight))};
      });
  layer.Report(state);
}
BENCHMARK(BM_Product)->Apply(Layers);

// Relu(x * W + b), which a plan does in one pass.
void BM_ProductBiasRelu(benchmark::State& state) {
  const Layer layer(state);
  const auto weight = MakeWeight({layer.in, layer.out});
  const auto bias = MakeWeight({layer.out});
  RunOps(state, {layer.Inputs()},
         [&](GraphBuilder& builder, absl::Span<const Value> inputs) {
           const Value product = ops::MatMul(inputs[0], builder.Read(weight));
           return std::vector<Value>{
               ops::Relu(ops::BiasAdd(product, builder.Read(bias)))};
         });
  layer.Report(state);
}
BENCHMARK(BM_ProductBiasRelu)->Apply(Layers);

// The gradient of the inputs, dy * W^T.
void BM_ProductInputGradient(benchmark::State& state) {
  const Layer layer(state);
  const auto weight = MakeWeight({layer.in, layer.out});
  RunOps(state, {layer.OutputGradients()},
         [&](GraphBuilder& builder, absl::Span<const Value> inputs) {
           return std::vector<Value>{ops::MatMul(
               inputs[0], builder.Read(weight), /*transpose_a=*/false,
               /*transpose_b=*/true)};
         });
  layer.Report(state);
}
BENCHMARK(BM_ProductInputGradient)->Apply(Layers);

// The gradient of the weights, x^T * dy.
void BM_ProductWeightGradient(benchmark::State& state) {
  const Layer layer(state);
  RunOps(state, {layer.Inputs(), layer.OutputGradients()},
         [&](GraphBuilder&, absl::Span<const Value> inputs) {
           return std::vector<Value>{
               ops::MatMul(inputs[0], inputs[1], /*transpose_a=*/true)};
         });
  layer.Report(state);
}
BENCHMARK(BM_ProductWeightGradient)->Apply(Layers);

}  // namespace
}  // namespace cairn
