#include "core/transform/fuse_elementwise.h"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "core/graph/builder.h"
#include "core/ops/binary.h"
#include "core/ops/elementwise_program.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/unary.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

class FuseElementwiseTest : public testing::Test {
 protected:
  Graph Fused(std::initializer_list<Value> outputs) {
    const absl::StatusOr<Graph> graph = std::move(builder_).Build(
        absl::MakeConstSpan(outputs.begin(), outputs.size()));
    EXPECT_TRUE(graph.ok()) << graph.status();
    return FuseElementwise(*graph);
  }
  static int Count(const Graph& graph, absl::string_view op) {
    int count = 0;
    for (const Graph::Node& node : graph.nodes()) count += node.op->name == op;
    return count;
  }

  GraphBuilder builder_;
  const Value x_ = builder_.AddInput("x", {DType::kFloat32, {4, 4}});
  const Value y_ = builder_.AddInput("y", {DType::kFloat32, {4, 4}});
};

TEST_F(FuseElementwiseTest, AChainBecomesOneNode) {
  EXPECT_EQ("\n" + Fused({ops::Exp(ops::Mul(ops::Add(x_, y_), y_))}).ToString(),
            R"(
%0 = Placeholder() dtype=float32 name="x" shape=[4, 4] : float32 (4, 4)
%1 = Placeholder() dtype=float32 name="y" shape=[4, 4] : float32 (4, 4)
%2 = _FusedElementwise(%0, %1) program=[2, 3, 0, 0, 1, 2, 2, 1, 12, 3, -1, 4] shape=[4, 4] : float32 (4, 4)
output %2
)");
}

TEST_F(FuseElementwiseTest, EveryValueThatIsReadOutsideIsAnOutput) {
  const Value sum = ops::Add(x_, y_);
  const Value root = ops::Sqrt(sum);
  EXPECT_EQ("\n" + Fused({root, ops::SumAll(sum), ops::Neg(root)}).ToString(),
            R"(
%0 = Placeholder() dtype=float32 name="x" shape=[4, 4] : float32 (4, 4)
%1 = Placeholder() dtype=float32 name="y" shape=[4, 4] : float32 (4, 4)
%2 = _FusedElementwise(%0, %1) program=[2, 3, 0, 0, 1, 10, 2, -1, 6, 3, -1, 2, 3, 4] shape=[4, 4] : float32 (4, 4) float32 (4, 4) float32 (4, 4)
%3 = Sum(%2) axis=[0, 1] keep_dims=false : float32 ()
output %2:1
output %3
output %2:2
)");
}

TEST_F(FuseElementwiseTest, AOneElementOperandStandsForAll) {
  const Graph graph = Fused({ops::Shift(ops::Scale(x_, 2), 1)});
  EXPECT_EQ(Count(graph, "_FusedElementwise"), 1);
  EXPECT_EQ(Count(graph, "AddV2"), 0);
}

TEST_F(FuseElementwiseTest, OtherShapesStayApart) {
  const Value row = builder_.AddInput("row", {DType::kFloat32, {4}});
  const Graph graph = Fused({ops::Mul(ops::Exp(row), x_)});
  EXPECT_EQ(Count(graph, "_FusedElementwise"), 0);
}

TEST_F(FuseElementwiseTest, AWayThroughAnotherOpIsNoCycle) {
  // The sum reads the root, and the product of the root: it cannot join the
  // root, or the product would need what it makes.
  const Value root = ops::Sqrt(x_);
  const Value sum = ops::Add(root, ops::MatMul(root, y_));
  EXPECT_EQ("\n" + Fused({ops::Neg(sum)}).ToString(), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[4, 4] : float32 (4, 4)
%1 = Placeholder() dtype=float32 name="y" shape=[4, 4] : float32 (4, 4)
%2 = Sqrt(%0) : float32 (4, 4)
%3 = MatMul(%2, %1) transpose_a=false transpose_b=false : float32 (4, 4)
%4 = _FusedElementwise(%2, %3) program=[2, 2, 0, 0, 1, 6, 2, -1, 3] shape=[4, 4] : float32 (4, 4)
output %4
)");
}

TEST_F(FuseElementwiseTest, GraphsOfAnyFormStayWhole) {
  const std::vector<Value (*)(Value, Value)> makers = {
      [](Value a, Value b) { return ops::Add(a, b); },
      [](Value a, Value b) { return ops::Mul(a, b); },
      [](Value a, Value) { return ops::Tanh(a); },
      [](Value a, Value b) { return ops::MatMul(a, b); }};
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    GraphBuilder builder;
    std::vector<Value> values = {
        builder.AddInput("x", {DType::kFloat32, {4, 4}})};
    const size_t reach = 2 + random() % 30;
    for (int i = 0; i < 80; ++i) {
      const size_t newest = values.size() - 1;
      const auto pick = [&] {
        return values[newest - random() % std::min(reach, values.size())];
      };
      const Value a = pick(), b = pick();
      values.push_back(makers[random() % makers.size()](a, b));
    }
    const absl::StatusOr<Graph> graph = std::move(builder).Build(values);
    ASSERT_TRUE(graph.ok()) << graph.status();
    const Graph fused = FuseElementwise(*graph);
    EXPECT_EQ(Count(fused, "MatMul"), Count(*graph, "MatMul"));
    EXPECT_EQ(fused.outputs().size(), values.size());
    EXPECT_LT(fused.nodes().size(), graph->nodes().size());
    int32_t index = 0;
    for (const Graph::Node& node : fused.nodes()) {
      for (const ValueId input : node.inputs) EXPECT_LT(input.node, index);
      ++index;
    }
  }
}

TEST_F(FuseElementwiseTest, AProgramHasAGreatestLength) {
  Value value = x_;
  for (int i = 0; i < 40; ++i) value = ops::Tanh(value);
  const Graph graph = Fused({value});
  EXPECT_EQ(Count(graph, "Tanh"), 0);
  EXPECT_GE(Count(graph, "_FusedElementwise"), 3);
  for (const Graph::Node& node : graph.nodes()) {
    if (node.op->name != "_FusedElementwise") continue;
    EXPECT_LE(ElementwiseProgram::Decode(
                  GetAttr<std::vector<int64_t>>(node.attrs, "program"))
                  .instructions.size(),
              ElementwiseProgram::kMaxInstructions);
  }
}

TEST_F(FuseElementwiseTest, AnOptimizersUpdateIsOneNode) {
  const TensorSpec spec{DType::kFloat32, {4, 4}};
  auto w = std::make_shared<Variable>("w", spec, /*trainable=*/true);
  auto m = std::make_shared<Variable>("m", spec, /*trainable=*/false);
  const Value rate = builder_.AddInput("rate", {DType::kFloat32, {}});
  const Value moment = ops::Add(
      builder_.Read(m), ops::Scale(ops::Sub(x_, builder_.Read(m)), 0.1));
  builder_.Update(m, moment);
  builder_.Update(w, ops::Sub(builder_.Read(w), ops::Mul(moment, rate)));
  EXPECT_EQ("\n" + Fused({}).ToString(), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[4, 4] : float32 (4, 4)
%1 = Placeholder() dtype=float32 name="y" shape=[4, 4] : float32 (4, 4)
%2 = Placeholder() dtype=float32 name="rate" shape=[] : float32 ()
%3 = ReadVariableOp() dtype=float32 shape=[4, 4] variable=0<m> : float32 (4, 4)
%4 = Const() dtype=float32 value=float32 () {0.1} : float32 ()
%5 = ReadVariableOp() dtype=float32 shape=[4, 4] variable=1<w> : float32 (4, 4)
%6 = _FusedElementwise(%0, %3, %4, %2, %5) program=[5, 5, 1, 0, 1, 2, 5, 2, 0, 1, 6, 2, 7, 3, 1, 4, 8, 7, 9] shape=[4, 4] : float32 (4, 4) float32 (4, 4)
update m = %6
update w = %6:1
)");
}

}  // namespace
}  // namespace cairn
