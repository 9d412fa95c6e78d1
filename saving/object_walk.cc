#include "saving/object_walk.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/training/step_graphs.h"

namespace cairn {

void WalkLayer(Layer& layer, const std::string& path, int node,
               const StoredObjects& stored, ObjectWalk& walk) {
  if (node < 0 || !walk.layers.insert(&layer).second) return;
  for (const auto& [edge, variable] : layer.own_weights()) {
    const int found = stored.graph().Find(node, edge);
    if (!stored.HasValue(found) ||
        !walk.variables.insert(variable.get()).second) {
      continue;
    }
    walk.found.push_back(
        {absl::StrCat(path, "/", edge), variable.get(), found});
  }
  for (const Layer::Child& child : layer.children()) {
    WalkLayer(*child.layer, absl::StrCat(path, "/", child.layer->name()),
              stored.graph().Find(node, child.edge), stored, walk);
  }
  if (!layer.built() && !stored.KeysBelow(node).empty()) {
    walk.waiting.push_back({&layer, node});
  }
}

ObjectWalk WalkObjects(const std::vector<CheckpointObject>& objects,
                       const StoredObjects& stored, const RestoreRoots& roots) {
  ObjectWalk walk;
  for (const CheckpointObject& object : objects) {
    int node = stored.graph().Find(roots.node, object.edge);
    if (!roots.object_child.empty()) {
      node = object.edge == roots.object_child ? roots.node : -1;
    }
    if (object.layer != nullptr) {
      WalkLayer(*object.layer, object.edge, node, stored, walk);
    } else if (object.variable != nullptr && stored.HasValue(node) &&
               walk.variables.insert(object.variable.get()).second) {
      walk.found.push_back({object.edge, object.variable.get(), node});
    }
  }
  return walk;
}

int FindOptimizer(const CheckpointObject& object,
                  const std::vector<CheckpointObject>& objects,
                  const StoredObjects& stored, const RestoreRoots& roots) {
  const ObjectGraph& graph = stored.graph();
  int node = graph.Find(roots.node, object.edge);
  if (node >= 0 && roots.object_child.empty()) return node;
  for (const CheckpointObject& other : objects) {
    if (other.layer.get() != object.optimizer_of) continue;
    node = other.edge == roots.object_child
               ? roots.node
               : graph.Find(roots.node, other.edge);
    return graph.Find(node, "optimizer");
  }
  return -1;
}

int FindSlot(int optimizer, const SlotSpec& slot, const Variable* weight,
             int index, const std::map<const Variable*, int>& weight_nodes,
             const StoredObjects& stored) {
  const ObjectGraph& graph = stored.graph();
  int found = -1;
  const int list = graph.Find(optimizer, slot.edge);
  if (list >= 0) {
    found = graph.Find(list, absl::StrCat(index));
  } else {
    const std::string& name = slot.old_name.empty() ? slot.name : slot.old_name;
    const auto weight_node = weight_nodes.find(weight);
    if (weight_node == weight_nodes.end()) return -1;
    for (const ObjectGraph::Slot& old : graph.nodes[optimizer].slots) {
      if (old.name == name && old.weight == weight_node->second) {
        found = old.variable;
      }
    }
  }
  return stored.HasValue(found) ? found : -1;
}

absl::Status WalkOptimizer(const CheckpointObject& object, int node,
                           const StoredObjects& stored, ObjectWalk& walk) {
  CAIRN_ASSIGN_OR_RETURN(const Model::OptimizerState state,
                         object.optimizer_of->GetOptimizerState());
  const auto add = [&](const std::string& path, Variable* variable, int found) {
    if (!stored.HasValue(found) || !walk.variables.insert(variable).second) {
      return;
    }
    walk.found.push_back(
        {absl::StrCat(object.edge, "/", path), variable, found});
  };
  const ObjectGraph& graph = stored.graph();
  add("iterations", state.variables->iterations.get(),
      graph.Find(node, "iterations"));
  add("learning_rate", state.variables->learning_rate.get(),
      graph.Find(node, "learning_rate"));
  std::map<const Variable*, int> weight_nodes;
  for (const FoundVariable& found : walk.found) {
    weight_nodes.emplace(found.variable, found.node);
  }
  for (const SlotSpec& slot : state.optimizer->slots()) {
    const auto slots = state.variables->slots.find(slot.name);
    if (slots == state.variables->slots.end()) continue;
    int index = 0;
    for (const Weight& weight : object.optimizer_of->weights()) {
      if (!weight.trainable) continue;
      const auto variable = slots->second.find(weight.variable.get());
      const int place = index++;
      if (variable == slots->second.end()) continue;
      add(absl::StrCat(slot.name, "/", weight.path), variable->second.get(),
          FindSlot(node, slot, weight.variable.get(), place, weight_nodes,
                   stored));
    }
  }
  return absl::OkStatus();
}

}  // namespace cairn
