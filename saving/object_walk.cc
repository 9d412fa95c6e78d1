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
  if (!layer.built() && stored.LeadsToValue(node)) {
    walk.waiting.push_back({&layer, node});
  }
}

int FindPlaced(const PlacedObject& placed, const StoredObjects& stored,
               const RestoreRoots& roots) {
  absl::Span<const std::string> edges = placed.edges;
  if (!roots.object_child.empty()) {
    if (edges[0] != roots.object_child) return -1;
    edges.remove_prefix(1);
  }
  return stored.Follow(roots.node, edges);
}

namespace {

// The key of a state in the file.
std::string FindState(const PlacedObject& placed, const RestoreRoots& roots) {
  std::vector<std::string> edges = placed.edges;
  if (!roots.file_child.empty()) edges.insert(edges.begin(), roots.file_child);
  return UserStateKey(edges);
}

// Of what several ways lead to, the first that is in the file counts.
template <typename Object, typename Place>
void AddOnce(Object* object, Place place,
             std::vector<std::pair<Object*, Place>>& list) {
  for (const auto& [known, other] : list) {
    if (known == object) return;
  }
  list.emplace_back(object, std::move(place));
}

}  // namespace

ObjectWalk WalkObjects(const std::vector<PlacedObject>& objects,
                       const StoredObjects& stored, const RestoreRoots& roots) {
  ObjectWalk walk;
  for (const PlacedObject& placed : objects) {
    const CheckpointObject& object = placed.object;
    const int node = FindPlaced(placed, stored, roots);
    if (object.layer != nullptr) {
      WalkLayer(*object.layer, placed.path(), node, stored, walk);
    } else if (object.variable != nullptr) {
      if (stored.HasValue(node) &&
          walk.variables.insert(object.variable.get()).second) {
        walk.found.push_back({placed.path(), object.variable.get(), node});
      }
    } else if (object.checkpoint != nullptr) {
      const int counter = stored.graph().Find(node, kSaveCounterEdge);
      if (stored.HasValue(counter)) {
        AddOnce(object.checkpoint.get(), counter, walk.counters);
      }
    } else if (object.stateful != nullptr) {
      const std::string key = FindState(placed, roots);
      if (stored.states().count(key) > 0) {
        AddOnce(object.stateful, key, walk.states);
      }
    }
  }
  return walk;
}

int FindOptimizer(const PlacedObject& placed,
                  const std::vector<PlacedObject>& objects,
                  const StoredObjects& stored, const RestoreRoots& roots) {
  const int own = FindPlaced(placed, stored, roots);
  if (own >= 0) return own;
  for (const PlacedObject& other : objects) {
    if (other.object.layer.get() != placed.object.optimizer_of) continue;
    const int model = FindPlaced(other, stored, roots);
    if (model >= 0) return stored.graph().Find(model, "optimizer");
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

absl::Status WalkOptimizer(const PlacedObject& placed, int node,
                           const StoredObjects& stored, ObjectWalk& walk) {
  Model& model = *placed.object.optimizer_of;
  CAIRN_ASSIGN_OR_RETURN(const Model::OptimizerState state,
                         model.GetOptimizerState());
  const auto add = [&](const std::string& path, Variable* variable, int found) {
    if (!stored.HasValue(found) || !walk.variables.insert(variable).second) {
      return;
    }
    walk.found.push_back(
        {absl::StrCat(placed.path(), "/", path), variable, found});
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
    for (const Weight& weight : model.weights()) {
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
