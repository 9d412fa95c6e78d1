#include "core/transform/prepare_for_plan.h"

#include <cstring>
#include <memory>
#include <vector>

#include "core/graph/builder.h"
#include "core/ops/bias_add.h"
#include "core/ops/binary.h"
#include "core/ops/cross_entropy.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/unary.h"
#include "core/runtime/plan.h"
#include "core/transform/gradients.h"
#include "core/transform/specialize.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

// Two layers and a step of momentum on their weights.
class TwoLayers {
 public:
  TwoLayers() {
    const std::vector<Shape> shapes = {{5, 32}, {32}, {32, 3}, {3}};
    for (const Shape& shape : shapes) {
      weights_.push_back(std::make_shared<Variable>(
          "weight", TensorSpec{DType::kFloat32, shape}, /*trainable=*/true));
      EXPECT_TRUE(weights_.back()->Assign(Spread(shape, -0.5, 0.5)).ok());
      slots_.push_back(std::make_shared<Variable>(
          "slot", TensorSpec{DType::kFloat32, shape}, /*trainable=*/false));
    }
  }

  Graph TraceStep() {
    GraphBuilder builder;
    const Value x = builder.AddInput("x", {DType::kFloat32, {kDynamic, 5}});
    const Value y = builder.AddInput("y", {DType::kUInt8, {kDynamic}});
    std::vector<Value> weights;
    for (const auto& weight : weights_) {
      weights.push_back(builder.Read(weight));
    }
    const Value hidden =
        ops::Relu(ops::BiasAdd(ops::MatMul(x, weights[0]), weights[1]));
    const Value logits =
        ops::BiasAdd(ops::MatMul(hidden, weights[2]), weights[3]);
    const Value loss = ops::MeanAll(ops::SparseSoftmaxCrossEntropy(logits, y));
    const std::vector<Value> gradients = Gradients(loss, weights);
    for (size_t i = 0; i < weights_.size(); ++i) {
      const Value slot = ops::Sub(ops::Scale(builder.Read(slots_[i]), 0.9),
                                  ops::Scale(gradients[i], 0.1));
      builder.Update(slots_[i], slot);
      builder.Update(weights_[i], ops::Add(weights[i], slot));
    }
    absl::StatusOr<Graph> graph = std::move(builder).Build({loss});
    EXPECT_TRUE(graph.ok()) << graph.status();
    return *std::move(graph);
  }

  // The losses of five steps, and the weights' bytes after them.
  std::vector<std::string> Train(absl::StatusOr<Graph> graph) {
    EXPECT_TRUE(graph.ok()) << graph.status();
    const absl::StatusOr<std::unique_ptr<Plan>> plan =
        Plan::Compile(*std::move(graph), nullptr);
    EXPECT_TRUE(plan.ok()) << plan.status();
    const Tensor x = Spread({6, 5}, -1, 1);
    const uint8_t y[] = {0, 2, 1, 1, 0, 2};
    std::vector<std::string> seen;
    const auto keep = [&](absl::Span<const std::byte> bytes) {
      seen.emplace_back(reinterpret_cast<const char*>(bytes.data()),
                        bytes.size());
    };
    for (int step = 0; step < 5; ++step) {
      std::memcpy((*plan)->input(0).data(), x.bytes().data(), x.bytes().size());
      std::memcpy((*plan)->input(1).data(), y, sizeof(y));
      EXPECT_TRUE((*plan)->Run().ok());
      keep((*plan)->output(0));
    }
    for (const auto& weight : weights_) keep(weight->value().bytes());
    for (const auto& slot : slots_) keep(slot->value().bytes());
    return seen;
  }

  static std::vector<Shape> InputShapes() { return {{6, 5}, {6}}; }

 private:
  std::vector<std::shared_ptr<Variable>> weights_, slots_;
};

TEST(PrepareForPlanTest, FusingAStepChangesNoBit) {
  TwoLayers plain, prepared;
  const std::vector<std::string> expected =
      plain.Train(Specialize(plain.TraceStep(), TwoLayers::InputShapes()));
  EXPECT_EQ(prepared.Train(
                PrepareForPlan(prepared.TraceStep(), TwoLayers::InputShapes())),
            expected);
  // It did train.
  EXPECT_NE(expected[0], expected[4]);
}

TEST(PrepareForPlanTest, AStepHasFewKernels) {
  TwoLayers layers;
  const absl::StatusOr<Graph> graph =
      PrepareForPlan(layers.TraceStep(), TwoLayers::InputShapes());
  ASSERT_TRUE(graph.ok()) << graph.status();
  int products = 0, updates = 0;
  for (const Graph::Node& node : graph->nodes()) {
    products += node.op->name == "MatMul";
    updates += node.op->name == "_FusedElementwise";
    EXPECT_NE(node.op->name, "BiasAdd");
    EXPECT_NE(node.op->name, "Relu");
  }
  EXPECT_EQ(products, 5);
  EXPECT_EQ(updates, 4);
}

}  // namespace
}  // namespace cairn
