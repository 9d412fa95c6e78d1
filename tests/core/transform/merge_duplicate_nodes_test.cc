#include "core/transform/merge_duplicate_nodes.h"

#include "core/graph/builder.h"
#include "core/ops/binary.h"
#include "core/ops/reduce.h"
#include "core/ops/unary.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(MergeDuplicateNodesTest, EqualNodesWithEqualInputsAreOne) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2}});
  // The constants are equal, hence the products, hence the roots.
  const Value a = ops::Sqrt(ops::Scale(x, 2));
  const Value b = ops::Sqrt(ops::Scale(x, 2));
  const absl::StatusOr<Graph> graph =
      std::move(builder).Build({ops::Sub(a, b)});
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ("\n" + MergeDuplicateNodes(*graph).ToString(), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[2] : float32 (2,)
%1 = Const() dtype=float32 value=float32 () {2} : float32 ()
%2 = Mul(%0, %1) : float32 (2,)
%3 = Sqrt(%2) : float32 (2,)
%4 = Sub(%3, %3) : float32 (2,)
output %4
)");
}

TEST(MergeDuplicateNodesTest, AttributesAndOrderOfInputsCount) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2, 2}});
  const Value y = builder.AddInput("y", {DType::kFloat32, {2, 2}});
  const absl::StatusOr<Graph> graph = std::move(builder).Build(
      {ops::Sum(x, {0}), ops::Sum(x, {1}), ops::Scale(x, 1), ops::Scale(x, 2),
       ops::Sub(x, y), ops::Sub(y, x)});
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(MergeDuplicateNodes(*graph).ToString(), graph->ToString());
}

TEST(MergeDuplicateNodesTest, InputsOfOneKindStayApart) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2}});
  const Value y = builder.AddInput("x", {DType::kFloat32, {2}});
  const absl::StatusOr<Graph> graph = std::move(builder).Build({x, y});
  ASSERT_TRUE(graph.ok()) << graph.status();
  const Graph merged = MergeDuplicateNodes(*graph);
  EXPECT_NE(merged.inputs()[0], merged.inputs()[1]);
}

}  // namespace
}  // namespace cairn
