#include "core/graph/graph.h"

#include <memory>

#include "core/graph/builder.h"
#include "core/ops/binary.h"
#include "core/ops/reduce.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(GraphTest, TextHasALinePerNodeOutputAndUpdate) {
  const auto weight = std::make_shared<Variable>(
      "dense/bias", TensorSpec{DType::kFloat32, {3}}, /*trainable=*/true);
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {kDynamic, 3}});
  const Value y = ops::Add(x, builder.Read(weight));
  const Value sum = ops::Sum(y, {0});
  builder.Update(weight, sum);
  // A node with two outputs, and the second of them.
  const Value pooled = builder.AddInput("p", {DType::kFloat32, {1, 2, 2, 1}});
  const std::vector<Value> both =
      builder.Emit("_MaxPoolWithIndex", {pooled},
                   {{"ksize", std::vector<int64_t>{1, 2, 2, 1}},
                    {"strides", std::vector<int64_t>{1, 2, 2, 1}},
                    {"padding", std::string("VALID")}});
  const absl::StatusOr<Graph> graph = std::move(builder).Build({y, both[1]});
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ("\n" + graph->ToString(), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[-1, 3] : float32 (None, 3)
%1 = ReadVariableOp() dtype=float32 shape=[3] variable=0<dense/bias> : float32 (3,)
%2 = AddV2(%0, %1) : float32 (None, 3)
%3 = Sum(%2) axis=[0] keep_dims=false : float32 (3,)
%4 = Placeholder() dtype=float32 name="p" shape=[1, 2, 2, 1] : float32 (1, 2, 2, 1)
%5 = _MaxPoolWithIndex(%4) ksize=[1, 2, 2, 1] padding="VALID" strides=[1, 2, 2, 1] : float32 (1, 1, 1, 1) uint8 (1, 1, 1, 1)
output %2
output %5:1
update dense/bias = %3
)");
}

TEST(GraphTest, PartsMakeTheSameGraphAgain) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2}});
  const absl::StatusOr<Graph> graph =
      std::move(builder).Build({ops::Mul(x, x)});
  ASSERT_TRUE(graph.ok()) << graph.status();
  const Graph again(graph->parts());
  EXPECT_EQ(again.ToString(), graph->ToString());
  EXPECT_EQ(again.inputs()[0], graph->inputs()[0]);
  EXPECT_EQ(again.spec(again.outputs()[0]), TensorSpec({DType::kFloat32, {2}}));
}

TEST(GraphTest, NothingIsEmptyText) { EXPECT_EQ(Graph().ToString(), ""); }

TEST(GraphDeathTest, ANodeReadsOnlyWhatComesBefore) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2}});
  const absl::StatusOr<Graph> graph =
      std::move(builder).Build({ops::Mul(x, x)});
  ASSERT_TRUE(graph.ok()) << graph.status();
  Graph::Parts parts = graph->parts();
  parts.nodes[1].inputs[0] = {1, 0};
  EXPECT_DEATH(Graph{parts}, "check failed");
}

}  // namespace
}  // namespace cairn
