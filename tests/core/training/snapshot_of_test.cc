#include "core/training/snapshot_of.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/model/sequential.h"
#include "core/training/snapshot.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "optimizers/adam.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

// "edge -> what is there", from the root down, each object once.
void Walk(const ObjectGraph& graph, int node, const std::string& path,
          std::vector<bool>& seen, std::vector<std::string>& lines) {
  const ObjectGraph::Node& here = graph.nodes[node];
  lines.push_back(absl::StrCat(path, " -> ", here.class_name,
                               here.tensor.empty() ? "" : " ", here.tensor));
  if (seen[node]) return;
  seen[node] = true;
  for (const ObjectGraph::Edge& edge : here.edges) {
    Walk(graph, edge.node, absl::StrCat(path, "/", edge.name), seen, lines);
  }
}

std::vector<std::string> Walk(const ObjectGraph& graph) {
  std::vector<bool> seen(graph.nodes.size());
  std::vector<std::string> lines;
  Walk(graph, 0, "", seen, lines);
  return lines;
}

std::unique_ptr<Sequential> BuiltModel(std::shared_ptr<Layer> shared) {
  auto model = std::make_unique<Sequential>();
  model->Add<Dense>({.units = 2});
  model->Add<Dropout>({.rate = 0.5});
  model->Add(shared);
  model->Add(shared);
  EXPECT_TRUE(IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  return model;
}

TEST(SnapshotOfTest, TheObjectsAreThoseOfTheModelAndSharedOnesAreOne) {
  auto shared =
      std::make_shared<Dense>(DenseOptions{.units = 2, .use_bias = false});
  const auto model = BuiltModel(shared);
  Snapshot snapshot;
  SnapshotWeights(*model, snapshot);
  EXPECT_EQ(
      Walk(snapshot.objects),
      (std::vector<std::string>{
          " -> Checkpoint", "/model -> Sequential", "/model/0 -> Dense",
          "/model/0/kernel -> Variable dense/kernel",
          "/model/0/bias -> Variable dense/bias", "/model/1 -> Dropout",
          "/model/2 -> Dense", "/model/2/kernel -> Variable dense_1/kernel",
          "/model/3 -> Dense"}));
  EXPECT_EQ(snapshot.objects->nodes[0].kind, ObjectGraph::Kind::kObject);
  EXPECT_EQ(snapshot.objects->nodes[1].kind, ObjectGraph::Kind::kLayerSequence);
  EXPECT_EQ(snapshot.parts, (Parts{Part::kWeights}));
  ASSERT_EQ(snapshot.weights->size(), 3);
  EXPECT_EQ((*snapshot.weights)[2].name, "dense_1/kernel");
}

TEST(SnapshotOfTest, TheTensorsAliasTheVariables) {
  const auto model =
      BuiltModel(std::make_shared<Dense>(DenseOptions{.units = 2}));
  Snapshot snapshot;
  SnapshotWeights(*model, snapshot);
  EXPECT_EQ((*snapshot.weights)[0].value.bytes().data(),
            model->weights()[0].variable->value().bytes().data());
}

TEST(SnapshotOfTest, TheOptimizersListsHaveAnEntryPerTrainableWeight) {
  Sequential model;
  model.Add<Dense>({.units = 2, .use_bias = false, .trainable = false});
  model.Add<Dense>({.units = 2});
  ASSERT_TRUE(IsOk(
      model.Compile({.optimizer = Adam({.amsgrad = true}), .loss = "mse"})));
  ASSERT_TRUE(IsOk(model.EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot snapshot,
                             model.TakeSnapshot({Part::kOptimizer}));
  const std::vector<std::string> lines = Walk(snapshot.objects);
  const auto begin =
      std::find(lines.begin(), lines.end(), "/optimizer -> Adam");
  EXPECT_EQ(
      std::vector<std::string>(begin, lines.end()),
      (std::vector<std::string>{
          "/optimizer -> Adam", "/optimizer/iterations -> Variable iterations",
          "/optimizer/learning_rate -> Variable learning_rate",
          "/optimizer/_momentums -> List",
          "/optimizer/_momentums/0 -> Variable m/dense_1/kernel",
          "/optimizer/_momentums/1 -> Variable m/dense_1/bias",
          "/optimizer/_velocities -> List",
          "/optimizer/_velocities/0 -> Variable v/dense_1/kernel",
          "/optimizer/_velocities/1 -> Variable v/dense_1/bias",
          "/optimizer/_velocity_hats -> List",
          "/optimizer/_velocity_hats/0 -> Variable vhat/dense_1/kernel",
          "/optimizer/_velocity_hats/1 -> Variable vhat/dense_1/bias"}));
  EXPECT_EQ(snapshot.parts, (Parts{Part::kWeights, Part::kOptimizer}));
  EXPECT_EQ(snapshot.FindTensor("learning_rate")->values<float>()[0], 0.001f);
  EXPECT_EQ(snapshot.FindTensor("dense_1/bias")->shape(), (Shape{2}));
  EXPECT_EQ(snapshot.FindTensor("m/dense/kernel"), nullptr);
}

}  // namespace
}  // namespace cairn
