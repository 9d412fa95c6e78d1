#include "core/transform/rewrite.h"

#include <memory>

#include "core/graph/builder.h"
#include "core/graph/op.h"
#include "core/ops/binary.h"
#include "core/ops/unary.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

class RewriteTest : public testing::Test {
 protected:
  // exp(x) + y, and w takes its square.
  Graph Build() {
    GraphBuilder builder;
    const TensorSpec spec{DType::kFloat32, {2}};
    const Value x = builder.AddInput("x", spec);
    const Value y = builder.AddInput("y", spec);
    const Value sum = ops::Add(ops::Exp(x), y);
    builder.Update(w_, ops::Square(builder.Read(w_)));
    absl::StatusOr<Graph> graph = std::move(builder).Build({sum});
    EXPECT_TRUE(graph.ok()) << graph.status();
    return *std::move(graph);
  }

  const std::shared_ptr<Variable> w_ = std::make_shared<Variable>(
      "w", TensorSpec{DType::kFloat32, {2}}, /*trainable=*/true);
};

TEST_F(RewriteTest, KeepingEveryNodeCopiesTheGraph) {
  const Graph graph = Build();
  Rewrite rewrite(graph);
  for (int32_t i = 0; i < static_cast<int32_t>(graph.nodes().size()); ++i) {
    EXPECT_FALSE(rewrite.Knows({i, 0}));
    rewrite.Keep(i);
    EXPECT_TRUE(rewrite.Knows({i, 0}));
  }
  const Graph copy = std::move(rewrite).Finish();
  EXPECT_EQ(copy.ToString(), graph.ToString());
  EXPECT_EQ(copy.inputs().size(), 2);
  EXPECT_EQ(copy.variables()[0], w_);
}

TEST_F(RewriteTest, ReadersOfAReplacedValueReadTheNewOne) {
  const Graph graph = Build();
  Rewrite rewrite(graph);
  for (int32_t i = 0; i < static_cast<int32_t>(graph.nodes().size()); ++i) {
    const Graph::Node& node = graph.nodes()[i];
    if (node.op->name != "Exp") {
      rewrite.Keep(i);
      continue;
    }
    // Neg twice in place of the exponential.
    Graph::Node negative = node;
    negative.op = FindOp("Neg");
    const int32_t first = rewrite.Add(negative);
    const int32_t second = rewrite.Add(negative);
    rewrite.SetInput(second, 0, {first, 0});
    rewrite.Replace({i, 0}, {second, 0});
    EXPECT_EQ(rewrite.NewOf({i, 0}), ValueId({second, 0}));
    EXPECT_EQ(rewrite.new_node(second).op->name, "Neg");
  }
  EXPECT_EQ("\n" + std::move(rewrite).Finish().ToString(), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[2] : float32 (2,)
%1 = Placeholder() dtype=float32 name="y" shape=[2] : float32 (2,)
%2 = Neg(%0) : float32 (2,)
%3 = Neg(%2) : float32 (2,)
%4 = AddV2(%3, %1) : float32 (2,)
%5 = ReadVariableOp() dtype=float32 shape=[2] variable=0<w> : float32 (2,)
%6 = Square(%5) : float32 (2,)
output %4
update w = %6
)");
}

TEST_F(RewriteTest, NodesOutputsAndUpdatesCountAsReaders) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2}});
  const Value y = ops::Mul(x, x);
  builder.Update(w_, y);
  const absl::StatusOr<Graph> graph = std::move(builder).Build({y, y});
  ASSERT_TRUE(graph.ok()) << graph.status();
  const std::map<ValueId, int> readers = CountReaders(*graph);
  EXPECT_EQ(readers.at(graph->inputs()[0]), 2);
  EXPECT_EQ(readers.at(graph->outputs()[0]), 3);
}

}  // namespace
}  // namespace cairn
