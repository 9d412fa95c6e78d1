#include "core/training/object_graph_builder.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace cairn {
namespace {

using Kind = ObjectGraph::Kind;

// `wanted`, or the first of "wanted_1", "wanted_2" … that is free.
std::string TakeName(const std::string& wanted,
                     std::unordered_set<std::string>& taken) {
  std::string name = wanted;
  for (int i = 1; !taken.insert(name).second; ++i) {
    name = absl::StrCat(wanted, "_", i);
  }
  return name;
}

}  // namespace

ObjectGraphBuilder::ObjectGraphBuilder(Snapshot& snapshot)
    : snapshot_(snapshot),
      nodes_(snapshot.objects.Mutable().nodes),
      weights_(snapshot.weights.Mutable()),
      optimizer_(snapshot.optimizer.Mutable()) {
  if (nodes_.empty()) AddNode(Kind::kObject, "Checkpoint");
}

int ObjectGraphBuilder::AddNode(Kind kind, absl::string_view class_name) {
  nodes_.push_back({.kind = kind, .class_name = std::string(class_name)});
  return static_cast<int>(nodes_.size()) - 1;
}

void ObjectGraphBuilder::AddEdge(int from, absl::string_view name, int to) {
  nodes_[from].edges.push_back({std::string(name), to});
}

int ObjectGraphBuilder::AddObject(int parent, absl::string_view edge,
                                  absl::string_view class_name) {
  const int node = AddNode(Kind::kObject, class_name);
  AddEdge(parent, edge, node);
  return node;
}

void ObjectGraphBuilder::AddTensor(const Variable& variable,
                                   const std::string& name) {
  const auto [known, is_new] = tensors_.emplace(&variable, "");
  if (!is_new) return;
  known->second = TakeName(name, names_);
  weights_.push_back({known->second, variable.value()});
}

int ObjectGraphBuilder::WeightNode(const Variable& variable) {
  const auto [known, is_new] = variables_.emplace(&variable, -1);
  if (!is_new) return known->second;
  known->second = AddNode(Kind::kVariable, "Variable");
  nodes_[known->second].tensor = tensors_.at(&variable);
  return known->second;
}

int ObjectGraphBuilder::LayerNode(const Layer& layer) {
  const auto [found, is_new] = layers_.emplace(&layer, -1);
  if (!is_new) return found->second;
  const int node =
      AddNode(layer.is_layer_sequence() ? Kind::kLayerSequence : Kind::kObject,
              layer.class_name());
  found->second = node;
  for (const auto& [edge, variable] : layer.own_weights()) {
    // Computed first: adding nodes moves them.
    const int below = WeightNode(*variable);
    AddEdge(node, edge, below);
  }
  for (const Layer::Child& child : layer.children()) {
    const int below = LayerNode(*child.layer);
    AddEdge(node, child.edge, below);
  }
  return node;
}

void ObjectGraphBuilder::AddLayer(int parent, absl::string_view edge,
                                  const Layer& layer,
                                  absl::string_view prefix) {
  for (const Weight& weight : layer.weights()) {
    AddTensor(*weight.variable, absl::StrCat(prefix, weight.path));
  }
  AddEdge(parent, edge, LayerNode(layer));
  snapshot_.parts.insert(Part::kWeights);
}

void ObjectGraphBuilder::AddVariable(int parent, absl::string_view edge,
                                     const Variable& variable,
                                     const std::string& name) {
  AddTensor(variable, name);
  AddEdge(parent, edge, WeightNode(variable));
  snapshot_.parts.insert(Part::kWeights);
}

void ObjectGraphBuilder::AddValue(int parent, absl::string_view edge,
                                  const std::string& name,
                                  const Tensor& value) {
  const int node = AddNode(Kind::kVariable, "Variable");
  nodes_[node].tensor = TakeName(name, names_);
  weights_.push_back({nodes_[node].tensor, value});
  AddEdge(parent, edge, node);
  snapshot_.parts.insert(Part::kWeights);
}

void ObjectGraphBuilder::AddOptimizerVariable(int parent,
                                              absl::string_view edge,
                                              const std::string& name,
                                              const Variable& variable) {
  const std::string free = TakeName(name, optimizer_names_);
  optimizer_.push_back({free, variable.value()});
  const int node = AddNode(Kind::kVariable, "Variable");
  nodes_[node].tensor = free;
  AddEdge(parent, edge, node);
}

void ObjectGraphBuilder::AddOptimizer(int parent, absl::string_view edge,
                                      const Layer& model,
                                      const Optimizer& optimizer,
                                      const OptimizerVariables& variables) {
  const int node = AddNode(Kind::kOptimizer, optimizer.class_name());
  AddEdge(parent, edge, node);
  AddOptimizerVariable(node, "iterations", "iterations", *variables.iterations);
  AddOptimizerVariable(node, "learning_rate", "learning_rate",
                       *variables.learning_rate);
  const std::vector<Weight> weights = model.weights();
  const auto trainable = static_cast<size_t>(
      std::count_if(weights.begin(), weights.end(),
                    [](const Weight& weight) { return weight.trainable; }));
  // There may be thousands, and the lists are kept.
  const size_t slots = optimizer.slots().size();
  nodes_.reserve(nodes_.size() + slots * (1 + trainable));
  optimizer_.reserve(optimizer_.size() + slots * trainable);
  for (const SlotSpec& slot : optimizer.slots()) {
    const int list = AddNode(Kind::kList, "List");
    nodes_[list].edges.reserve(trainable);
    AddEdge(node, slot.edge, list);
    const auto& of_weights = variables.slots.at(slot.name);
    int index = 0;
    for (const Weight& weight : weights) {
      if (!weight.trainable) continue;
      AddOptimizerVariable(list, absl::StrCat(index++),
                           absl::StrCat(slot.name, "/", weight.path),
                           *of_weights.at(weight.variable.get()));
    }
  }
  snapshot_.parts.insert(Part::kOptimizer);
}

}  // namespace cairn
