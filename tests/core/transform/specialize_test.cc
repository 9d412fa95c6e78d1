#include "core/transform/specialize.h"

#include "core/graph/builder.h"
#include "core/ops/binary.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

Graph Product() {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {kDynamic, 2, 3}});
  const Value w = builder.AddInput("w", {DType::kFloat32, {6, 5}});
  const Value flat = ops::Reshape(x, {kDynamic, 6});
  absl::StatusOr<Graph> graph =
      std::move(builder).Build({ops::Sum(ops::MatMul(flat, w), {-1})});
  EXPECT_TRUE(graph.ok()) << graph.status();
  return *std::move(graph);
}

TEST(SpecializeTest, EveryShapeFollowsFromTheInputs) {
  const absl::StatusOr<Graph> graph =
      Specialize(Product(), {{7, 2, 3}, {6, 5}});
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ("\n" + graph->ToString(), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[7, 2, 3] : float32 (7, 2, 3)
%1 = Placeholder() dtype=float32 name="w" shape=[6, 5] : float32 (6, 5)
%2 = Reshape(%0) shape=[-1, 6] : float32 (7, 6)
%3 = MatMul(%2, %1) transpose_a=false transpose_b=false : float32 (7, 5)
%4 = Sum(%3) axis=[-1] keep_dims=false : float32 (7,)
output %4
)");
}

TEST(SpecializeTest, AShapeThatTheInputCannotTakeIsNamed) {
  const absl::Status wrong =
      Specialize(Product(), {{7, 2, 4}, {6, 5}}).status();
  EXPECT_EQ(wrong.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(wrong.message())
                .find("an input of shape (None, 2, 3) cannot take (7, 2, 4)"),
            std::string::npos)
      << wrong;
  EXPECT_EQ(Specialize(Product(), {{7, 2, 3}}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Specialize(Product(), {{7, 2}, {6, 5}}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(Specialize(Product(), {{kDynamic, 2, 3}, {6, 5}}).ok());
}

TEST(SpecializeTest, ShapesThatMeetOnlyNowAreChecked) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {kDynamic, 2}});
  const Value y = builder.AddInput("y", {DType::kFloat32, {kDynamic, 2}});
  const absl::StatusOr<Graph> graph =
      std::move(builder).Build({ops::Add(x, y)});
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_TRUE(Specialize(*graph, {{3, 2}, {3, 2}}).ok());
  const absl::Status wrong = Specialize(*graph, {{3, 2}, {4, 2}}).status();
  EXPECT_NE(std::string(wrong.message()).find("(3, 2) and (4, 2)"),
            std::string::npos)
      << wrong;
}

}  // namespace
}  // namespace cairn
