#include "core/training/snapshot_of.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"

namespace cairn {
namespace {

// Adds objects to a snapshot's graph, each once.
class ObjectGraphBuilder {
 public:
  ObjectGraphBuilder(ObjectGraph& graph,
                     std::map<const Variable*, std::string> names)
      : graph_(graph), names_(std::move(names)) {}

  int AddNode(ObjectGraph::Kind kind, absl::string_view class_name) {
    graph_.nodes.push_back(
        {.kind = kind, .class_name = std::string(class_name)});
    return static_cast<int>(graph_.nodes.size()) - 1;
  }

  void AddEdge(int from, absl::string_view name, int to) {
    graph_.nodes[from].edges.push_back({std::string(name), to});
  }

  int AddVariable(const std::string& tensor) {
    const int node = AddNode(ObjectGraph::Kind::kVariable, "Variable");
    graph_.nodes[node].tensor = tensor;
    return node;
  }

  int AddLayer(const Layer& layer) {
    const auto [found, is_new] = layers_.emplace(&layer, -1);
    if (!is_new) return found->second;
    const int node =
        AddNode(layer.is_layer_sequence() ? ObjectGraph::Kind::kLayerSequence
                                          : ObjectGraph::Kind::kObject,
                layer.class_name());
    layers_[&layer] = node;
    for (const auto& [edge, variable] : layer.own_weights()) {
      const auto [known, fresh] = variables_.emplace(variable.get(), -1);
      if (fresh) known->second = AddVariable(names_.at(variable.get()));
      AddEdge(node, edge, known->second);
    }
    for (const Layer::Child& child : layer.children()) {
      // Computed first: adding nodes moves them.
      const int below = AddLayer(*child.layer);
      AddEdge(node, child.edge, below);
    }
    return node;
  }

 private:
  ObjectGraph& graph_;
  const std::map<const Variable*, std::string> names_;
  std::map<const Layer*, int> layers_;
  std::map<const Variable*, int> variables_;
};

}  // namespace

void SnapshotWeights(const Layer& model, Snapshot& snapshot) {
  std::map<const Variable*, std::string> names;
  for (const Weight& weight : model.weights()) {
    snapshot.weights.push_back({weight.path, weight.variable->value()});
    names[weight.variable.get()] = weight.path;
  }
  ObjectGraphBuilder builder(snapshot.objects, std::move(names));
  const int root = builder.AddNode(ObjectGraph::Kind::kObject, "Checkpoint");
  builder.AddEdge(root, "model", builder.AddLayer(model));
  snapshot.parts.insert(Part::kWeights);
}

void SnapshotOptimizer(const Layer& model, const Optimizer& optimizer,
                       const OptimizerVariables& variables,
                       Snapshot& snapshot) {
  ObjectGraphBuilder builder(snapshot.objects, {});
  const auto add = [&](int parent, absl::string_view edge,
                       const std::string& name, const Variable& variable) {
    snapshot.optimizer.push_back({name, variable.value()});
    builder.AddEdge(parent, edge, builder.AddVariable(name));
  };
  const int node =
      builder.AddNode(ObjectGraph::Kind::kObject, optimizer.class_name());
  builder.AddEdge(0, "optimizer", node);
  add(node, "iterations", "iterations", *variables.iterations);
  add(node, "learning_rate", "learning_rate", *variables.learning_rate);
  for (const SlotSpec& slot : optimizer.slots()) {
    const int list = builder.AddNode(ObjectGraph::Kind::kList, "List");
    builder.AddEdge(node, slot.edge, list);
    int index = 0;
    for (const Weight& weight : model.weights()) {
      if (!weight.trainable) continue;
      const Variable& variable =
          *variables.slots.at(slot.name).at(weight.variable.get());
      add(list, absl::StrCat(index++),
          absl::StrCat(slot.name, "/", weight.path), variable);
    }
  }
  snapshot.parts.insert(Part::kOptimizer);
}

}  // namespace cairn
