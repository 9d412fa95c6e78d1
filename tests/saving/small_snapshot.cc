#include "tests/saving/small_snapshot.h"

#include <cstdint>
#include <string>

namespace cairn {
namespace {

using Kind = ObjectGraph::Kind;

Tensor Floats(int value) {
  return Tensor::FromValues<float>({value + 0.5f, value * -2.0f}, {2, 1});
}

int AddNode(Snapshot& snapshot, Kind kind, const std::string& class_name,
            const std::string& tensor = "") {
  snapshot.objects.Mutable().nodes.push_back(
      {.kind = kind, .class_name = class_name, .tensor = tensor});
  return static_cast<int>(snapshot.objects->nodes.size()) - 1;
}

void AddEdge(Snapshot& snapshot, int from, const std::string& name, int to) {
  snapshot.objects.Mutable().nodes[from].edges.push_back({name, to});
}

void AddWeight(Snapshot& snapshot, int layer, const std::string& edge,
               Tensor value) {
  const std::string name = "dense/" + edge;
  snapshot.weights.Mutable().push_back({name, std::move(value)});
  AddEdge(snapshot, layer, edge,
          AddNode(snapshot, Kind::kVariable, "Variable", name));
}

void AddModel(Snapshot& snapshot, int model, int value) {
  AddEdge(snapshot, model, "0", AddNode(snapshot, Kind::kObject, "Flatten"));
  const int dense = AddNode(snapshot, Kind::kObject, "Dense");
  AddEdge(snapshot, model, "1", dense);
  AddWeight(snapshot, dense, "kernel", Floats(value));
  AddWeight(snapshot, dense, "bias", Tensor::FromValues<int32_t>({value}, {1}));
  snapshot.parts.insert(Part::kWeights);
}

void AddOptimizer(Snapshot& snapshot, int value) {
  const int optimizer = AddNode(snapshot, Kind::kOptimizer, "Adam");
  AddEdge(snapshot, 0, "optimizer", optimizer);
  const auto add = [&](int parent, const std::string& edge,
                       const std::string& name, Tensor tensor) {
    snapshot.optimizer.Mutable().push_back({name, std::move(tensor)});
    AddEdge(snapshot, parent, edge,
            AddNode(snapshot, Kind::kVariable, "Variable", name));
  };
  add(optimizer, "iterations", "iterations", Tensor::Scalar<int64_t>(value));
  add(optimizer, "learning_rate", "learning_rate",
      Tensor::Scalar<float>(0.25f));
  const int list = AddNode(snapshot, Kind::kList, "List");
  AddEdge(snapshot, optimizer, "momentums", list);
  add(list, "0", "m/dense/kernel", Floats(value + 7));
  snapshot.parts.insert(Part::kOptimizer);
}

}  // namespace

Snapshot SmallWeights(int value) {
  Snapshot snapshot;
  AddModel(snapshot, AddNode(snapshot, Kind::kLayerSequence, "Sequential"),
           value);
  return snapshot;
}

Snapshot SmallSnapshot(int value) {
  Snapshot snapshot;
  AddNode(snapshot, Kind::kObject, "Checkpoint");
  const int model = AddNode(snapshot, Kind::kLayerSequence, "Sequential");
  AddEdge(snapshot, 0, "model", model);
  AddModel(snapshot, model, value);
  AddOptimizer(snapshot, value);
  snapshot.parts = AllParts();
  snapshot.architecture = Config(Config::Object{{"class_name", "Sequential"}});
  snapshot.compile = Config(Config::Object{{"loss", "mse"}, {"n", value}});
  snapshot.extras["run"] = {
      .values = Config::Object{{"epoch", 1}, {"step", value}},
      .tensors = {
          {"random_counter", Tensor::FromValues<uint64_t>({1, 2}, {2})}}};
  snapshot.extras["callback/A.b"] = {.values = Config::Object{{"x", value}},
                                     .tensors = {{"a/b.S", Floats(value)}}};
  snapshot.save_counter = value;
  return snapshot;
}

}  // namespace cairn
