#include "core/transform/remove_dead_nodes.h"

#include <memory>

#include "core/graph/builder.h"
#include "core/ops/binary.h"
#include "core/ops/unary.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(RemoveDeadNodesTest, KeepsWhatOutputsAndUpdatesNeed) {
  auto weight = std::make_shared<Variable>(
      "w", TensorSpec{DType::kFloat32, {2}}, /*trainable=*/true);
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2}});
  ops::Exp(x);  // Dead.
  const Value y = ops::Neg(x);
  ops::Add(ops::Neg(y), x);  // Dead, both.
  builder.Update(weight, ops::Square(builder.Read(weight)));
  const absl::StatusOr<Graph> graph = std::move(builder).Build({y});
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ("\n" + RemoveDeadNodes(*graph).ToString(), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[2] : float32 (2,)
%1 = Neg(%0) : float32 (2,)
%2 = ReadVariableOp() dtype=float32 shape=[2] variable=0<w> : float32 (2,)
%3 = Square(%2) : float32 (2,)
output %1
update w = %3
)");
}

TEST(RemoveDeadNodesTest, InputsStayThoughNobodyReadsThem) {
  GraphBuilder builder;
  builder.AddInput("unused", {DType::kFloat32, {2}});
  const Value x = builder.AddInput("x", {DType::kFloat32, {2}});
  const absl::StatusOr<Graph> graph = std::move(builder).Build({x});
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(RemoveDeadNodes(*graph).inputs().size(), 2);
}

}  // namespace
}  // namespace cairn
