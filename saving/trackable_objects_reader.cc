// How trackable_objects.h reads what others, or Cairn, have written.
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "saving/trackable_object_names.h"
#include "saving/trackable_objects.h"

namespace cairn {
namespace {

// Reads what a checkpoint says of its objects.
class Interpreter {
 public:
  explicit Interpreter(const std::vector<TrackableNode>& nodes)
      : nodes_(nodes), objects_(nodes.size(), kNone) {}

  // All objects as they are, below one root. Of variables `tensor` is the key.
  ObjectGraph InterpretAsOne() {
    if (nodes_.empty()) return {};
    Object(0, Part::kWeights);
    Work();
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].slot_variables.empty() || objects_[i] == kNone) continue;
      AddSlots(static_cast<int>(i), objects_[i]);
      Work();
    }
    for (const FoundVariable& variable : variables_) {
      result_.objects.nodes[variable.object].tensor =
          result_.tensors[variable.tensor].key;
    }
    return std::move(result_.objects);
  }

  SnapshotObjects Interpret() {
    if (nodes_.empty()) return {};
    FindParts();
    AddObject(ObjectGraph::Kind::kObject, model_ == 0 ? "" : "Checkpoint");
    AddEdge(0, "model", Object(model_, Part::kWeights));
    Work();
    if (optimizer_ >= 0) {
      const int optimizer = Object(optimizer_, Part::kOptimizer);
      AddEdge(0, trackable::kOptimizer, optimizer);
      AddSlots(optimizer_, optimizer);
      Work();
      MakeOptimizer(optimizer);
    }
    AddOthers();
    NameTensors();
    return std::move(result_);
  }

 private:
  static constexpr int kNone = -1;

  int FindChild(int node, absl::string_view name) const {
    if (node < 0) return -1;
    for (const auto& [edge, child] : nodes_[node].children) {
      if (edge == name) return child;
    }
    return -1;
  }

  void FindParts() {
    model_ = FindChild(0, "model");
    optimizer_ = FindChild(0, trackable::kOptimizer);
    if (optimizer_ < 0) optimizer_ = FindChild(model_, trackable::kOptimizer);
    if (model_ < 0) model_ = 0;
  }

  int AddObject(ObjectGraph::Kind kind, absl::string_view class_name) {
    result_.objects.nodes.push_back(
        {.kind = kind, .class_name = std::string(class_name)});
    return static_cast<int>(result_.objects.nodes.size()) - 1;
  }

  void AddEdge(int from, absl::string_view name, int to) {
    result_.objects.nodes[from].edges.push_back({std::string(name), to});
  }

  // The object of a node; one that is new waits to have its edges read.
  int Object(int node, Part part) {
    if (objects_[node] != kNone) return objects_[node];
    const int object = AddObject(ObjectGraph::Kind::kObject, "");
    objects_[node] = object;
    const std::string& key = nodes_[node].checkpoint_key;
    if (!key.empty()) {
      result_.objects.nodes[object].kind = ObjectGraph::Kind::kVariable;
      const auto [place, is_first] =
          tensor_of_key_.emplace(key, static_cast<int>(result_.tensors.size()));
      variables_.push_back({object, place->second});
      if (is_first) AddTensor(node, part);
    }
    waiting_.push_back({node, object, part});
    return object;
  }

  void AddSlots(int node, int object) {
    for (const SlotVariable& slot : nodes_[node].slot_variables) {
      // Making objects moves them.
      const int weight = Object(slot.original_variable, Part::kWeights);
      const int variable = Object(slot.slot_variable, Part::kOptimizer);
      result_.objects.nodes[object].slots.push_back(
          {slot.slot_name, weight, variable});
    }
  }

  void MakeOptimizer(int object) {
    ObjectGraph::Kind& kind = result_.objects.nodes[object].kind;
    if (kind == ObjectGraph::Kind::kObject)
      kind = ObjectGraph::Kind::kOptimizer;
  }

  void Work() {
    while (!waiting_.empty()) {
      const auto [node, object, part] = waiting_.front();
      waiting_.pop_front();
      const std::map<int, int> places = Places(node);
      if (!places.empty()) {
        result_.objects.nodes[object].kind = ObjectGraph::Kind::kLayerSequence;
        for (const auto& [place, child] : places) {
          AddEdge(object, absl::StrCat(place), Object(child, part));
        }
      }
      AddMembers(node, object, part);
    }
  }

  // The layers of a model by their places in layers(); empty for other objects.
  std::map<int, int> Places(int node) {
    std::map<int, int> places;
    int place = 0;
    for (const auto& [edge, child] : nodes_[node].children) {
      absl::string_view name = edge;
      if (absl::ConsumePrefix(&name, trackable::kLayer) &&
          trackable::IsPlace(name, place)) {
        places[place] = child;
      }
    }
    if (!places.empty()) return places;
    const int functional = FindChild(node, trackable::kFunctional);
    const int first = functional >= 0 ? 1 : 0;
    // Each list is one model's: a file in which thousands of models name the
    // same long list would else take memory without bounds.
    if (functional >= 0 && !layer_lists_.insert(functional).second) return {};
    const int operations =
        FindChild(functional >= 0 ? functional : node, trackable::kOperations);
    if (operations < 0 || !layer_lists_.insert(operations).second) return {};
    for (const auto& [edge, child] : nodes_[operations].children) {
      if (trackable::IsPlace(edge, place) && place >= first) {
        places[place - first] = child;
      }
    }
    return places;
  }

  void AddMembers(int node, int object, Part part) {
    // Asked for members alone, not for the places of long lists.
    std::unordered_set<std::string_view> names;
    const auto has_member = [&](std::string_view name) {
      if (names.empty()) {
        for (const auto& [edge, child] : nodes_[node].children) {
          names.insert(edge);
        }
      }
      return names.count(name) > 0;
    };
    for (const auto& [edge, child] : nodes_[node].children) {
      const bool is_beside_weights =
          part == Part::kWeights && model_ >= 0 &&
          (IsSaveCounter(node, edge, child) ||
           (node == model_ && edge == trackable::kOptimizer));
      if (trackable::IsStructure(edge) || is_beside_weights) continue;
      const int below = Object(child, part);
      AddEdge(object, edge, below);
      // "_kernel" is "kernel" to us, and "iter" of older optimizers
      // "iterations".
      const bool is_variable = !nodes_[child].checkpoint_key.empty();
      if (is_variable && edge == "iter" && !has_member("iterations") &&
          !has_member("_iterations")) {
        AddEdge(object, "iterations", below);
      }
      if (is_variable && edge.size() > 1 && edge[0] == '_' &&
          !has_member(std::string_view(edge).substr(1))) {
        AddEdge(object, edge.substr(1), below);
      }
    }
  }

  // That of a tf.train.Checkpoint, not a layer's weight under such an edge.
  bool IsSaveCounter(int parent, absl::string_view edge, int node) const {
    if (edge != trackable::kSaveCounter) return false;
    return parent == model_ ||
           absl::StartsWith(nodes_[node].full_name, trackable::kSaveCounter);
  }

  // Variables that neither the model nor the optimizer has: "step".
  void AddOthers() {
    for (const TrackableNode& node : nodes_) {
      const int index = static_cast<int>(&node - nodes_.data());
      if (node.checkpoint_key.empty() || objects_[index] != kNone) continue;
      const bool is_first =
          tensor_of_key_
              .emplace(node.checkpoint_key,
                       static_cast<int>(result_.tensors.size()))
              .second;
      if (is_first) AddTensor(index, Part::kExtras);
    }
  }

  void AddTensor(int node, Part part) {
    result_.tensors.push_back({nodes_[node].checkpoint_key, part, ""});
    tensor_nodes_.push_back(node);
  }

  // By the variable's own name where that tells it apart, else by its key. No
  // two tensors have one key, and no key is then taken for a name.
  void NameTensors() {
    std::vector<std::string> names;
    std::vector<std::string_view> keys;
    for (size_t i = 0; i < result_.tensors.size(); ++i) {
      const TrackableTensor& tensor = result_.tensors[i];
      names.push_back(NameOf(nodes_[tensor_nodes_[i]], tensor.part));
      const absl::string_view key =
          absl::StripSuffix(tensor.key, trackable::kValueSuffix);
      keys.emplace_back(key.data(), key.size());
    }
    std::map<Part, std::unordered_map<std::string_view, int>> uses;
    for (size_t i = 0; i < names.size(); ++i) {
      auto& of_part = uses[result_.tensors[i].part];
      ++of_part[names[i]];
      if (keys[i] != names[i]) ++of_part[keys[i]];
    }
    for (size_t i = 0; i < names.size(); ++i) {
      TrackableTensor& tensor = result_.tensors[i];
      auto& of_part = uses[tensor.part];
      if (!names[i].empty() && of_part[names[i]] == 1) {
        tensor.name = names[i];
      } else {
        // The suffix is what tells "a" from "a/.ATTRIBUTES/VARIABLE_VALUE".
        tensor.name = of_part[keys[i]] == 1 ? std::string(keys[i]) : tensor.key;
      }
    }
    for (const FoundVariable& variable : variables_) {
      result_.objects.nodes[variable.object].tensor =
          result_.tensors[variable.tensor].name;
    }
  }

  std::string NameOf(const TrackableNode& node, Part part) const {
    const std::string& name = node.full_name;
    if (part == Part::kExtras) {
      // "step", not the name that Python gave the variable.
      return std::string(
          absl::StripSuffix(node.checkpoint_key, trackable::kValueSuffix));
    }
    if (part != Part::kOptimizer) return name;
    if (name == "iteration") return "iterations";
    // "Adam/m/dense/kernel".
    const size_t first = name.find('/');
    const bool has_three_words = first != std::string::npos &&
                                 name.find('/', first + 1) != std::string::npos;
    return has_three_words ? name.substr(first + 1) : name;
  }

  struct Waiting {
    int node, object;
    Part part;
  };
  // Ids of a node of the result and of a tensor of it.
  struct FoundVariable {
    int object, tensor;
  };

  const std::vector<TrackableNode>& nodes_;
  int model_ = -1, optimizer_ = -1;
  SnapshotObjects result_;
  std::vector<int> objects_;  // By node; kNone: it has none.
  std::deque<Waiting> waiting_;
  std::vector<FoundVariable> variables_;
  // A file's value is taken once, however many nodes name it.
  std::unordered_map<std::string, int> tensor_of_key_;
  // One per tensor of the result: the first node that names it.
  std::vector<int> tensor_nodes_;
  // Nodes that were read as the layers of a model.
  std::set<int> layer_lists_;
};

}  // namespace

ObjectGraph ObjectsOf(const std::vector<TrackableNode>& nodes) {
  return Interpreter(nodes).InterpretAsOne();
}

SnapshotObjects FromTrackable(const std::vector<TrackableNode>& nodes) {
  return Interpreter(nodes).Interpret();
}

}  // namespace cairn
