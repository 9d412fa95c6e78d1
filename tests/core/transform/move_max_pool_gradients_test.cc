#include "core/transform/move_max_pool_gradients.h"

#include <cstring>
#include <memory>
#include <vector>

#include "core/graph/builder.h"
#include "core/ops/bias_add.h"
#include "core/ops/binary.h"
#include "core/ops/max_pool.h"
#include "core/ops/reduce.h"
#include "core/ops/unary.h"
#include "core/runtime/plan.h"
#include "core/transform/gradients.h"
#include "core/transform/remove_dead_nodes.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

class MoveMaxPoolGradientsTest : public testing::Test {
 protected:
  Graph Build(std::initializer_list<Value> outputs) {
    absl::StatusOr<Graph> graph = std::move(builder_).Build(
        absl::MakeConstSpan(outputs.begin(), outputs.size()));
    EXPECT_TRUE(graph.ok()) << graph.status();
    return RemoveDeadNodes(*graph);
  }
  static Graph Moved(const Graph& graph) {
    return RemoveDeadNodes(MoveMaxPoolGradients(graph));
  }
  static int Count(const Graph& graph, absl::string_view op) {
    int count = 0;
    for (const Graph::Node& node : graph.nodes()) count += node.op->name == op;
    return count;
  }
  // The loss is the maxima weighted by the second input.
  Value LossOf(Value maxima) { return ops::SumAll(ops::Mul(maxima, weights_)); }

  static std::vector<Tensor> Run(const Graph& graph, const Tensor& x,
                                 const Tensor& weights, const Tensor& bias) {
    const absl::StatusOr<std::unique_ptr<Plan>> plan =
        Plan::Compile(graph, nullptr);
    EXPECT_TRUE(plan.ok()) << plan.status();
    int index = 0;
    for (const Tensor& input : {x, weights, bias}) {
      std::memcpy((*plan)->input(index++).data(), input.bytes().data(),
                  input.bytes().size());
    }
    EXPECT_TRUE((*plan)->Run().ok());
    std::vector<Tensor> outputs;
    for (size_t o = 0; o < graph.outputs().size(); ++o) {
      const int i = static_cast<int>(o);
      outputs.push_back(Tensor::Zeros((*plan)->output_spec(i)));
      std::memcpy(outputs.back().mutable_bytes().data(),
                  (*plan)->output(i).data(), outputs.back().bytes().size());
    }
    return outputs;
  }

  GraphBuilder builder_;
  const Value x_ = builder_.AddInput("x", {DType::kFloat32, {2, 6, 6, 3}});
  const Value weights_ =
      builder_.AddInput("weights", {DType::kFloat32, {2, 3, 3, 3}});
  const Value bias_ = builder_.AddInput("bias", {DType::kFloat32, {3}});
};

TEST_F(MoveMaxPoolGradientsTest, WhatFollowsTheGradientGoesBeforeIt) {
  const Value active = ops::Relu(ops::BiasAdd(x_, bias_));
  const Value loss = LossOf(ops::MaxPool(active, {}));
  const std::vector<Value> gradients = Gradients(loss, {x_, bias_});
  const Graph graph = Build({loss, gradients[0], gradients[1]});
  const Graph moved = Moved(graph);
  EXPECT_EQ("\n" + moved.ToString(), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[2, 6, 6, 3] : float32 (2, 6, 6, 3)
%1 = Placeholder() dtype=float32 name="weights" shape=[2, 3, 3, 3] : float32 (2, 3, 3, 3)
%2 = Placeholder() dtype=float32 name="bias" shape=[3] : float32 (3,)
%3 = BiasAdd(%0, %2) : float32 (2, 6, 6, 3)
%4 = Relu(%3) : float32 (2, 6, 6, 3)
%5 = _MaxPoolWithIndex(%4) data_format="NHWC" ksize=[1, 2, 2, 1] padding="VALID" strides=[1, 2, 2, 1] : float32 (2, 3, 3, 3) uint8 (2, 3, 3, 3)
%6 = Mul(%5, %1) : float32 (2, 3, 3, 3)
%7 = Sum(%6) axis=[0, 1, 2, 3] keep_dims=false : float32 ()
%8 = Const() dtype=float32 value=float32 () {1} : float32 ()
%9 = Reshape(%8) shape=[1, 1, 1, 1] : float32 (1, 1, 1, 1)
%10 = _BroadcastLike(%9, %6) : float32 (2, 3, 3, 3)
%11 = Mul(%10, %1) : float32 (2, 3, 3, 3)
%12 = ReluGrad(%11, %5) : float32 (2, 3, 3, 3)
%13 = _MaxPoolGradByIndex(%5:1, %12) data_format="NHWC" images_shape=[2, 6, 6, 3] ksize=[1, 2, 2, 1] padding="VALID" strides=[1, 2, 2, 1] : float32 (2, 6, 6, 3)
%14 = BiasAddGrad(%12) : float32 (3,)
output %7
output %13
output %14
)");

  // Ties, and windows in which nothing is positive.
  Tensor x = Spread({2, 6, 6, 3}, -1, 1);
  for (float& value : x.mutable_values<float>()) {
    value = static_cast<float>(static_cast<int>(value * 3)) / 3;
  }
  const Tensor weights = Spread({2, 3, 3, 3}, -1, 1);
  const Tensor bias = Tensor::FromValues<float>({0, 0.25f, -0.5f}, {3});
  const std::vector<Tensor> expected = Run(graph, x, weights, bias);
  const std::vector<Tensor> actual = Run(moved, x, weights, bias);
  EXPECT_EQ(actual[0].bytes(), expected[0].bytes());
  EXPECT_EQ(actual[1].bytes(), expected[1].bytes());
  const absl::Span<const float> sums = expected[2].values<float>();
  // Summed in another order.
  ExpectClose(actual[2], {sums.begin(), sums.end()}, 1e-5);
}

TEST_F(MoveMaxPoolGradientsTest, AReluWhoseInputIsPooledBesidesStays) {
  // The gradient of the pooling is read by the relu's and by an output.
  const Value active = ops::Relu(x_);
  const Value loss = LossOf(ops::MaxPool(active, {}));
  const std::vector<Value> gradients = Gradients(loss, {x_, active});
  const Graph moved = Moved(Build({gradients[0], gradients[1]}));
  EXPECT_EQ(Count(moved, "ReluGrad"), 1);
  // It still masks pixels, not maxima.
  for (const Graph::Node& node : moved.nodes()) {
    if (node.op->name != "ReluGrad") continue;
    EXPECT_EQ(node.outputs[0].shape, Shape({2, 6, 6, 3}));
  }
}

TEST_F(MoveMaxPoolGradientsTest, AWindowTooLargeForAByteKeepsItsInput) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {1, 16, 16, 1}});
  const Value maxima =
      ops::MaxPool(x, {.window = {16, 16}, .strides = {16, 16}});
  const Value gradient = Gradients(ops::SumAll(maxima), {x})[0];
  const absl::StatusOr<Graph> graph = std::move(builder).Build({gradient});
  ASSERT_TRUE(graph.ok()) << graph.status();
  const Graph moved = Moved(*graph);
  EXPECT_EQ(Count(moved, "MaxPoolGrad"), 1);
  EXPECT_EQ(Count(moved, "_MaxPoolGradByIndex"), 0);
}

TEST_F(MoveMaxPoolGradientsTest, APoolingWithoutAGradientStays) {
  const Graph graph = Build({ops::MaxPool(x_, {})});
  EXPECT_EQ(Moved(graph).ToString(), graph.ToString());
}

}  // namespace
}  // namespace cairn
