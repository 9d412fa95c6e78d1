#include "saving/trackable_objects.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace cairn {
namespace {

constexpr absl::string_view kValueSuffix = "/.ATTRIBUTES/VARIABLE_VALUE";
constexpr absl::string_view kLayer = "layer-";
constexpr absl::string_view kWeightedLayer = "layer_with_weights-";
constexpr absl::string_view kFunctional = "_functional";
constexpr absl::string_view kOperations = "_operations";
// What a SavedModel says of a layer to Keras: the layer's own variables again,
// and the totals of metrics.
constexpr absl::string_view kKerasApi = "keras_api";
constexpr absl::string_view kOptimizer = "optimizer";
constexpr absl::string_view kSaveCounter = "save_counter";

bool IsPlace(absl::string_view name, int& place) {
  return absl::SimpleAtoi(name, &place) && place >= 0 &&
         absl::StrCat(place) == name;
}

// A node before it has its number.
struct DraftNode {
  std::vector<std::pair<std::string, int>> children;
  bool has_tensor = false;
  TrackableTensor tensor;
  std::string full_name;
};

// Turns a snapshot's objects into drafts. A snapshot may come from a file, so
// its objects may lead in circles or lie thousands deep.
class Drafter {
 public:
  explicit Drafter(const Snapshot& snapshot)
      : nodes_(snapshot.objects->nodes),
        has_save_counter_(snapshot.save_counter >= 0),
        converted_(nodes_.size()) {
    for (const NamedTensor& tensor : snapshot.weights) {
      weights_.insert(tensor.name);
    }
    for (const NamedTensor& tensor : snapshot.optimizer) {
      optimizer_tensors_.insert(tensor.name);
    }
    for (const ObjectGraph::Edge& edge : nodes_[0].edges) {
      if (IsOptimizer(edge.node)) {
        optimizer_class_ = nodes_[edge.node].class_name;
      }
    }
    FindWeighted();
  }

  std::vector<DraftNode> Draft() {
    DraftOf(0, Part::kWeights);
    Work();
    const bool root_is_model =
        nodes_[0].kind == ObjectGraph::Kind::kLayerSequence;
    if (!root_is_model && has_save_counter_) {
      const int counter = Add();
      drafts_[counter].has_tensor = true;
      drafts_[counter].tensor = {"", Part::kExtras, std::string(kSaveCounter)};
      drafts_[counter].full_name = std::string(kSaveCounter);
      drafts_[0].children.emplace_back(kSaveCounter, counter);
    }
    return std::move(drafts_);
  }

 private:
  using Children = std::vector<std::pair<std::string, int>>;

  struct Converted {
    int draft = -1;
    Part part = Part::kWeights;
  };

  int Add() {
    drafts_.emplace_back();
    return static_cast<int>(drafts_.size()) - 1;
  }

  // The draft of a node; a new one waits to be filled. What the model reaches
  // is the model's, also where the optimizer reaches it too.
  int DraftOf(int node, Part part) {
    if (converted_[node].draft < 0) {
      converted_[node] = {Add(), part};
      (part == Part::kOptimizer ? optimizer_waiting_ : waiting_)
          .push_back(node);
    }
    return converted_[node].draft;
  }

  void Work() {
    while (!waiting_.empty() || !optimizer_waiting_.empty()) {
      std::deque<int>& queue = waiting_.empty() ? optimizer_waiting_ : waiting_;
      const int node = queue.front();
      queue.pop_front();
      const ObjectGraph::Node& object = nodes_[node];
      const auto [draft, part] = converted_[node];
      if (object.kind == ObjectGraph::Kind::kVariable) {
        FillVariable(object.tensor, part, drafts_[draft]);
        continue;
      }
      // Converting the children moves the drafts.
      Children children = object.kind == ObjectGraph::Kind::kLayerSequence
                              ? LayerEdges(node, part)
                              : MemberEdges(node, part);
      drafts_[draft].children = std::move(children);
    }
  }

  Part PartOf(int node, Part part) const {
    return converted_[node].draft < 0 ? part : converted_[node].part;
  }

  bool IsVariable(int node) const {
    return nodes_[node].kind == ObjectGraph::Kind::kVariable;
  }

  bool IsOptimizer(int node) const {
    return nodes_[node].kind == ObjectGraph::Kind::kOptimizer;
  }

  // A variable whose value the snapshot lacks is left out.
  bool IsLeftOut(int node, Part part) const {
    const std::unordered_set<std::string_view>& names =
        part == Part::kOptimizer ? optimizer_tensors_ : weights_;
    return IsVariable(node) && names.count(nodes_[node].tensor) == 0;
  }

  Part PartBelow(int node, const ObjectGraph::Edge& edge, Part part) const {
    const Part given =
        node == 0 && IsOptimizer(edge.node) ? Part::kOptimizer : part;
    return PartOf(edge.node, given);
  }

  void FillVariable(const std::string& name, Part part, DraftNode& draft) {
    draft.has_tensor = true;
    draft.tensor.part = part;
    draft.tensor.name = name;
    draft.full_name = name;
    if (part != Part::kOptimizer) return;
    // As Keras 2 calls them.
    if (name == "iterations") {
      draft.full_name = "iteration";
    } else if (name != "learning_rate") {
      draft.full_name = absl::StrCat(optimizer_class_, "/", name);
    }
  }

  Children MemberEdges(int node, Part part) {
    const ObjectGraph::Node& object = nodes_[node];
    std::set<std::string> names;
    for (const ObjectGraph::Edge& edge : object.edges) names.insert(edge.name);
    Children children;
    for (const ObjectGraph::Edge& edge : object.edges) {
      const Part below = PartBelow(node, edge, part);
      if (IsLeftOut(edge.node, below)) continue;
      const int child = DraftOf(edge.node, below);
      const std::string hidden = absl::StrCat("_", edge.name);
      const bool has_one_name = !IsVariable(edge.node) ||
                                object.kind == ObjectGraph::Kind::kList ||
                                edge.name[0] == '_' || names.count(hidden) > 0;
      if (has_one_name) {
        children.emplace_back(edge.name, child);
        continue;
      }
      // Members of an optimizer have an underscore in Keras 2 and 3, weights
      // of some layers in Keras 3 alone.
      if (below != Part::kOptimizer) children.emplace_back(edge.name, child);
      children.emplace_back(hidden, child);
    }
    return children;
  }

  Children LayerEdges(int node, Part part) {
    const ObjectGraph::Node& object = nodes_[node];
    Children children, others;
    const bool is_sequential = object.class_name == "Sequential";
    const int operations = Add();
    int weighted = 0;
    for (const ObjectGraph::Edge& edge : object.edges) {
      const Part below = PartBelow(node, edge, part);
      if (IsLeftOut(edge.node, below)) continue;
      const int child = DraftOf(edge.node, below);
      int place = 0;
      if (!IsPlace(edge.name, place)) {
        others.emplace_back(edge.name, child);
        continue;
      }
      if (weighted_[edge.node]) {
        children.emplace_back(absl::StrCat(kWeightedLayer, weighted++), child);
      }
      children.emplace_back(absl::StrCat(kLayer, place), child);
      // The first operation of a Sequential is its InputLayer.
      drafts_[operations].children.emplace_back(
          absl::StrCat(is_sequential ? place + 1 : place), child);
    }
    children.insert(children.end(), others.begin(), others.end());
    if (is_sequential) {
      const int functional = Add();
      drafts_[functional].children.emplace_back(kOperations, operations);
      children.emplace_back(kFunctional, functional);
    } else {
      children.emplace_back(kOperations, operations);
    }
    return children;
  }

  // Which nodes are a variable or lead to one.
  void FindWeighted() {
    std::vector<std::vector<int>> parents(nodes_.size());
    std::vector<int> open;
    weighted_.resize(nodes_.size());
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const int node = static_cast<int>(i);
      for (const ObjectGraph::Edge& edge : nodes_[i].edges) {
        parents[edge.node].push_back(node);
      }
      if (IsVariable(node)) {
        weighted_[i] = true;
        open.push_back(node);
      }
    }
    while (!open.empty()) {
      const int node = open.back();
      open.pop_back();
      for (const int parent : parents[node]) {
        if (weighted_[parent]) continue;
        weighted_[parent] = true;
        open.push_back(parent);
      }
    }
  }

  const std::vector<ObjectGraph::Node>& nodes_;
  const bool has_save_counter_;
  // Names, as the snapshot has them.
  std::unordered_set<std::string_view> weights_, optimizer_tensors_;
  std::string optimizer_class_;
  std::vector<bool> weighted_;
  std::vector<DraftNode> drafts_;
  std::vector<Converted> converted_;
  // The model's come first.
  std::deque<int> waiting_, optimizer_waiting_;
};

// Reads what a checkpoint says of its objects.
class Interpreter {
 public:
  explicit Interpreter(const std::vector<TrackableNode>& nodes)
      : nodes_(nodes) {}

  // All objects as they are, below one root. Of variables `tensor` is the key.
  ObjectGraph InterpretAsOne() {
    if (nodes_.empty()) return {};
    Object(0, Part::kWeights);
    Work();
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const auto object = objects_.find(static_cast<int>(i));
      if (nodes_[i].slot_variables.empty() || object == objects_.end())
        continue;
      AddSlots(static_cast<int>(i), object->second);
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
      AddEdge(0, kOptimizer, optimizer);
      AddSlots(optimizer_, optimizer);
      Work();
      MakeOptimizer(optimizer);
    }
    AddOthers();
    NameTensors();
    return std::move(result_);
  }

 private:
  int FindChild(int node, absl::string_view name) const {
    if (node < 0) return -1;
    for (const auto& [edge, child] : nodes_[node].children) {
      if (edge == name) return child;
    }
    return -1;
  }

  void FindParts() {
    model_ = FindChild(0, "model");
    optimizer_ = FindChild(0, kOptimizer);
    if (optimizer_ < 0) optimizer_ = FindChild(model_, kOptimizer);
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
    const auto [known, is_new] = objects_.emplace(node, -1);
    if (!is_new) return known->second;
    const int object = AddObject(ObjectGraph::Kind::kObject, "");
    known->second = object;
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
      if (absl::ConsumePrefix(&name, kLayer) && IsPlace(name, place)) {
        places[place] = child;
      }
    }
    if (!places.empty()) return places;
    const int functional = FindChild(node, kFunctional);
    const int first = functional >= 0 ? 1 : 0;
    // Each list is one model's: a file in which thousands of models name the
    // same long list would else take memory without bounds.
    if (functional >= 0 && !layer_lists_.insert(functional).second) return {};
    const int operations =
        FindChild(functional >= 0 ? functional : node, kOperations);
    if (operations < 0 || !layer_lists_.insert(operations).second) return {};
    for (const auto& [edge, child] : nodes_[operations].children) {
      if (IsPlace(edge, place) && place >= first) {
        places[place - first] = child;
      }
    }
    return places;
  }

  void AddMembers(int node, int object, Part part) {
    std::set<std::string> names;
    for (const auto& [edge, child] : nodes_[node].children) {
      names.insert(edge);
    }
    for (const auto& [edge, child] : nodes_[node].children) {
      const bool is_structure = absl::StartsWith(edge, kLayer) ||
                                absl::StartsWith(edge, kWeightedLayer) ||
                                edge == kFunctional || edge == kOperations ||
                                edge == "root" || edge == kKerasApi;
      const bool is_optimizer = part == Part::kWeights && node == model_ &&
                                (edge == kOptimizer || edge == kSaveCounter);
      if (is_structure || is_optimizer) continue;
      const int below = Object(child, part);
      AddEdge(object, edge, below);
      // "_kernel" is "kernel" to us, and "iter" of older optimizers
      // "iterations".
      const bool is_variable = !nodes_[child].checkpoint_key.empty();
      if (is_variable && edge == "iter" && names.count("iterations") == 0 &&
          names.count("_iterations") == 0) {
        AddEdge(object, "iterations", below);
      }
      if (is_variable && edge.size() > 1 && edge[0] == '_' &&
          names.count(edge.substr(1)) == 0) {
        AddEdge(object, edge.substr(1), below);
      }
    }
  }

  // Variables that neither the model nor the optimizer has: "step".
  void AddOthers() {
    for (const TrackableNode& node : nodes_) {
      const int index = static_cast<int>(&node - nodes_.data());
      if (node.checkpoint_key.empty() || objects_.count(index) > 0) continue;
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
    std::map<std::pair<Part, std::string>, int> uses;
    std::vector<std::string> names;
    std::vector<std::string> keys;
    for (size_t i = 0; i < result_.tensors.size(); ++i) {
      const TrackableTensor& tensor = result_.tensors[i];
      names.push_back(NameOf(nodes_[tensor_nodes_[i]], tensor.part));
      keys.emplace_back(absl::StripSuffix(tensor.key, kValueSuffix));
      ++uses[{tensor.part, names[i]}];
      if (keys[i] != names[i]) ++uses[{tensor.part, keys[i]}];
    }
    for (size_t i = 0; i < result_.tensors.size(); ++i) {
      TrackableTensor& tensor = result_.tensors[i];
      if (!names[i].empty() && uses[{tensor.part, names[i]}] == 1) {
        tensor.name = names[i];
      } else {
        // The suffix is what tells "a" from "a/.ATTRIBUTES/VARIABLE_VALUE".
        tensor.name = uses[{tensor.part, keys[i]}] == 1 ? keys[i] : tensor.key;
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
      return std::string(absl::StripSuffix(node.checkpoint_key, kValueSuffix));
    }
    if (part != Part::kOptimizer) return name;
    if (name == "iteration") return "iterations";
    // "Adam/m/dense/kernel".
    std::vector<std::string> words = absl::StrSplit(name, '/');
    if (words.size() < 3) return name;
    words.erase(words.begin());
    return absl::StrJoin(words, "/");
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
  std::map<int, int> objects_;
  std::deque<Waiting> waiting_;
  std::vector<FoundVariable> variables_;
  // A file's value is taken once, however many nodes name it.
  std::map<std::string, int> tensor_of_key_;
  // One per tensor of the result: the first node that names it.
  std::vector<int> tensor_nodes_;
  // Nodes that were read as the layers of a model.
  std::set<int> layer_lists_;
};

}  // namespace

TrackableObjects ToTrackable(const Snapshot& snapshot) {
  std::vector<DraftNode> drafts = Drafter(snapshot).Draft();
  // Numbers, breadth first, and where each node was met first.
  struct Meeting {
    int parent;
    const std::string* edge;
  };
  std::vector<int> order = {0}, number(drafts.size(), -1);
  std::vector<Meeting> met(drafts.size(), {-1, nullptr});
  order.reserve(drafts.size());
  number[0] = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const int draft = order[i];
    for (const auto& [edge, child] : drafts[draft].children) {
      if (number[child] >= 0) continue;
      number[child] = static_cast<int>(order.size());
      order.push_back(child);
      met[child] = {draft, &edge};
    }
  }
  std::vector<std::string> names;
  const auto key_of = [&](int draft) {
    names.clear();
    for (; met[draft].parent >= 0; draft = met[draft].parent) {
      names.push_back(EscapeLocalName(*met[draft].edge));
    }
    return absl::StrCat(absl::StrJoin(names.rbegin(), names.rend(), "/"),
                        kValueSuffix);
  };
  TrackableObjects result;
  result.nodes.reserve(order.size());
  for (const int draft : order) {
    DraftNode& from = drafts[draft];
    TrackableNode node;
    node.children.reserve(from.children.size());
    for (const auto& [edge, child] : from.children) {
      node.children.emplace_back(edge, number[child]);
    }
    if (from.has_tensor) {
      node.full_name = std::move(from.full_name);
      node.checkpoint_key = key_of(draft);
      from.tensor.key = node.checkpoint_key;
      result.tensors.push_back(std::move(from.tensor));
    }
    result.nodes.push_back(std::move(node));
  }
  return result;
}

ObjectGraph ObjectsOf(const std::vector<TrackableNode>& nodes) {
  return Interpreter(nodes).InterpretAsOne();
}

SnapshotObjects FromTrackable(const std::vector<TrackableNode>& nodes) {
  return Interpreter(nodes).Interpret();
}

}  // namespace cairn
