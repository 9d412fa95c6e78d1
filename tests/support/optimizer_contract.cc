#include "tests/support/optimizer_contract.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/custom_objects.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/losses/mean_squared_error.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr int kSteps = 5;
constexpr int64_t kRows = 4;

// The model and the data that make_keras_values.py uses.
std::unique_ptr<Sequential> MakeModel(
    const std::shared_ptr<const Optimizer>& optimizer, uint64_t seed) {
  auto model = std::make_unique<Sequential>("model");
  model->Add<Dense>({.units = 2});
  EXPECT_TRUE(IsOk(model->set_seed(seed)));
  EXPECT_TRUE(IsOk(
      model->Compile({.optimizer = optimizer, .loss = MeanSquaredError()})));
  EXPECT_TRUE(IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  return model;
}

Tensor Rows(const Tensor& tensor, int64_t begin) {
  const int64_t columns = tensor.shape()[1];
  return Tensor::FromValues(
      tensor.values<float>().subspan(begin * columns, kRows * columns),
      {kRows, columns});
}

void TakeStep(Model& model, int step) {
  static const Tensor* const x = new Tensor(Spread({kSteps * kRows, 3}, -1, 1));
  static const Tensor* const y = new Tensor(Spread({kSteps * kRows, 2}, -2, 1));
  const int64_t begin = step % kSteps * kRows;
  EXPECT_TRUE(IsOk(model.TrainOnBatch({.inputs = {{"", Rows(*x, begin)}},
                                       .targets = {{"", Rows(*y, begin)}}})));
}

Tensor Flat(const std::vector<Tensor>& tensors) {
  std::vector<float> values;
  for (const Tensor& tensor : tensors) {
    const absl::Span<const float> more = tensor.values<float>();
    values.insert(values.end(), more.begin(), more.end());
  }
  const auto size = static_cast<int64_t>(values.size());
  return Tensor::FromValues(absl::MakeConstSpan(values), {size});
}

const ObjectGraph::Node* Follow(const ObjectGraph& graph,
                                const ObjectGraph::Node& from,
                                const std::string& name) {
  for (const ObjectGraph::Edge& edge : from.edges) {
    if (edge.name == name) return &graph.nodes[edge.node];
  }
  return nullptr;
}

// What stands in the lists below the optimizer, by their edges.
std::map<std::string, Tensor> SlotLists(const Snapshot& snapshot) {
  std::map<std::string, Tensor> lists;
  const ObjectGraph& graph = snapshot.objects;
  const ObjectGraph::Node* optimizer =
      Follow(graph, graph.nodes.at(0), "optimizer");
  if (optimizer == nullptr) return lists;
  for (const ObjectGraph::Edge& edge : optimizer->edges) {
    const ObjectGraph::Node& list = graph.nodes[edge.node];
    if (list.kind != ObjectGraph::Kind::kList) continue;
    std::vector<Tensor> values;
    for (size_t i = 0; i < list.edges.size(); ++i) {
      const ObjectGraph::Node* entry = Follow(graph, list, absl::StrCat(i));
      const Tensor* value =
          entry == nullptr ? nullptr : snapshot.FindTensor(entry->tensor);
      if (value == nullptr) {
        ADD_FAILURE() << edge.name << " has no entry " << i;
        return lists;
      }
      values.push_back(*value);
    }
    lists[edge.name] = Flat(values);
  }
  return lists;
}

void CheckConfig(const Optimizer& optimizer) {
  const absl::StatusOr<std::unique_ptr<Optimizer>> made =
      Deserialize<Optimizer>(Serialize(optimizer));
  ASSERT_TRUE(IsOk(made));
  EXPECT_EQ((*made)->class_name(), optimizer.class_name());
  EXPECT_EQ((*made)->GetConfig(), optimizer.GetConfig());
}

void CheckSlots(const Snapshot& snapshot, const KerasSteps& expected) {
  EXPECT_EQ(snapshot.FindTensor("iterations")->values<int64_t>()[0], kSteps);
  ASSERT_NE(snapshot.FindTensor("learning_rate"), nullptr);
  const std::map<std::string, Tensor> lists = SlotLists(snapshot);
  EXPECT_EQ(lists.size(), expected.slots.size());
  for (const KerasSlots& slots : expected.slots) {
    SCOPED_TRACE(slots.edge);
    const auto found = lists.find(slots.edge);
    ASSERT_NE(found, lists.end());
    ExpectClose(found->second, slots.values, 2e-6);
  }
}

}  // namespace

void CheckOptimizer(std::shared_ptr<const Optimizer> optimizer,
                    const KerasSteps& expected) {
  SCOPED_TRACE(optimizer->GetConfig().ToJson());
  CheckConfig(*optimizer);

  const auto model = MakeModel(optimizer, 1);
  ASSERT_TRUE(
      IsOk(model->SetWeights({Spread({3, 2}, -1, 1), Spread({2}, -0.5, 0.5)})));
  const size_t count = expected.weights.size() / kSteps;
  for (int step = 0; step < kSteps; ++step) {
    SCOPED_TRACE(absl::StrCat("step ", step));
    TakeStep(*model, step);
    const auto begin = expected.weights.begin() + step * count;
    ExpectClose(Flat(model->GetWeights()),
                std::vector<float>(begin, begin + count), 2e-6);
  }
  const absl::StatusOr<Snapshot> taken =
      model->TakeSnapshot({Part::kOptimizer});
  ASSERT_TRUE(IsOk(taken));
  CheckSlots(*taken, expected);

  const auto fresh = MakeModel(optimizer, 2);
  ASSERT_TRUE(IsOk(fresh->Restore(CloneSnapshot(*taken))));
  for (int step = kSteps; step < 2 * kSteps; ++step) {
    TakeStep(*model, step);
    TakeStep(*fresh, step);
  }
  const absl::StatusOr<Snapshot> unbroken =
      model->TakeSnapshot({Part::kOptimizer});
  const absl::StatusOr<Snapshot> resumed =
      fresh->TakeSnapshot({Part::kOptimizer});
  ASSERT_TRUE(IsOk(unbroken));
  ASSERT_TRUE(IsOk(resumed));
  EXPECT_EQ(DescribeSnapshot(*unbroken), DescribeSnapshot(*resumed));
}

}  // namespace cairn
