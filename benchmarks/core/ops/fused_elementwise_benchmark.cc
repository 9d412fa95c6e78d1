// A chain of elementwise ops that a plan does in one pass: Adam's update of a
// weight and its two slots, for the weights of mlp512's second layer, of its
// first, and of mlpwide's second, which is larger than the caches.
#include "benchmark/benchmark.h"
#include "benchmarks/core/ops/run_ops.h"
#include "core/graph/builder.h"
#include "optimizers/adam.h"

namespace cairn {
namespace {

void BM_AdamUpdate(benchmark::State& state) {
  const Shape shape = {state.range(0), state.range(1)};
  // An input would have an unknown first dimension, which a gradient has not.
  const auto weight = MakeWeight(shape), gradient = MakeWeight(shape);
  const auto make_slot = [&](const char* name) {
    return std::make_shared<Variable>(name, TensorSpec{DType::kFloat32, shape},
                                      /*trainable=*/false);
  };
  const auto m = make_slot("m"), v = make_slot("v");
  const Adam adam;
  RunOps(
      state, {Tensor::Scalar<float>(1e-3f), Tensor::Scalar<float>(100)},
      [&](GraphBuilder& builder, absl::Span<const Value> inputs) {
        UpdateContext context(inputs[0], inputs[1],
                              {{"m", builder.Read(m)}, {"v", builder.Read(v)}});
        const Value updated =
            adam.Update(context, builder.Read(weight), builder.Read(gradient));
        builder.Update(weight, updated);
        builder.Update(m, context.slot("m"));
        builder.Update(v, context.slot("v"));
        return std::vector<Value>();
      });
  // Four are read, three written.
  const int64_t elements = shape[0] * shape[1];
  state.SetItemsProcessed(state.iterations() * elements);
  ReportBytes(state, 7 * elements * int64_t{sizeof(float)});
}
BENCHMARK(BM_AdamUpdate)
    ->ArgNames({"in", "out"})
    ->Args({512, 10})
    ->Args({784, 512})
    ->Args({2048, 2048});

}  // namespace
}  // namespace cairn
