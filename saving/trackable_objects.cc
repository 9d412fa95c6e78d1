#include "saving/trackable_objects.h"

#include <deque>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "saving/trackable_object_names.h"

namespace cairn {
namespace {

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
    FindWeighted();
  }

  std::vector<DraftNode> Draft() {
    DraftOf(0, kModel);
    Work();
    const bool root_is_model =
        nodes_[0].kind == ObjectGraph::Kind::kLayerSequence;
    if (!root_is_model && has_save_counter_) {
      const int counter = Add();
      drafts_[counter].has_tensor = true;
      drafts_[counter].tensor = {"", Part::kExtras,
                                 std::string(trackable::kSaveCounter)};
      drafts_[counter].full_name = std::string(trackable::kSaveCounter);
      drafts_[0].children.emplace_back(trackable::kSaveCounter, counter);
    }
    return std::move(drafts_);
  }

 private:
  using Children = std::vector<std::pair<std::string, int>>;

  // Whose an object is: an optimizer's, by its node, or the model's.
  static constexpr int kModel = -1;

  struct Converted {
    int draft = -1;
    int owner = kModel;
  };

  int Add() {
    drafts_.emplace_back();
    return static_cast<int>(drafts_.size()) - 1;
  }

  // The draft of a node; a new one waits to be filled. What the model reaches
  // is the model's, also where the optimizer reaches it too.
  int DraftOf(int node, int owner) {
    if (converted_[node].draft < 0) {
      converted_[node] = {Add(), owner};
      (owner == kModel ? waiting_ : optimizer_waiting_).push_back(node);
    }
    return converted_[node].draft;
  }

  void Work() {
    while (!waiting_.empty() || !optimizer_waiting_.empty()) {
      std::deque<int>& queue = waiting_.empty() ? optimizer_waiting_ : waiting_;
      const int node = queue.front();
      queue.pop_front();
      const ObjectGraph::Node& object = nodes_[node];
      const auto [draft, owner] = converted_[node];
      if (object.kind == ObjectGraph::Kind::kVariable) {
        FillVariable(object.tensor, owner, drafts_[draft]);
        continue;
      }
      // Converting the children moves the drafts.
      Children children = object.kind == ObjectGraph::Kind::kLayerSequence
                              ? LayerEdges(node, owner)
                              : MemberEdges(node, owner);
      drafts_[draft].children = std::move(children);
    }
  }

  bool IsVariable(int node) const {
    return nodes_[node].kind == ObjectGraph::Kind::kVariable;
  }

  bool IsOptimizer(int node) const {
    return nodes_[node].kind == ObjectGraph::Kind::kOptimizer;
  }

  // A variable whose value the snapshot lacks is left out.
  bool IsLeftOut(int node, int owner) const {
    const std::unordered_set<std::string_view>& names =
        owner == kModel ? weights_ : optimizer_tensors_;
    return IsVariable(node) && names.count(nodes_[node].tensor) == 0;
  }

  // The owner of a node that an object of `owner` leads to.
  int OwnerBelow(int owner, int node) const {
    if (converted_[node].draft >= 0) return converted_[node].owner;
    return IsOptimizer(node) ? node : owner;
  }

  void FillVariable(const std::string& name, int owner, DraftNode& draft) {
    draft.has_tensor = true;
    draft.tensor.part = owner == kModel ? Part::kWeights : Part::kOptimizer;
    draft.tensor.name = name;
    draft.full_name = name;
    if (owner == kModel) return;
    // As Keras 2 calls them.
    if (name == "iterations") {
      draft.full_name = "iteration";
    } else if (name != "learning_rate") {
      draft.full_name = absl::StrCat(nodes_[owner].class_name, "/", name);
    }
  }

  Children MemberEdges(int node, int owner) {
    const ObjectGraph::Node& object = nodes_[node];
    std::set<std::string> names;
    for (const ObjectGraph::Edge& edge : object.edges) names.insert(edge.name);
    Children children;
    for (const ObjectGraph::Edge& edge : object.edges) {
      const int below = OwnerBelow(owner, edge.node);
      if (IsLeftOut(edge.node, below)) continue;
      const int child = DraftOf(edge.node, below);
      const std::string hidden = absl::StrCat("_", edge.name);
      const bool has_one_name = !IsVariable(edge.node) ||
                                object.kind == ObjectGraph::Kind::kList ||
                                edge.name == trackable::kSaveCounter ||
                                edge.name[0] == '_' || names.count(hidden) > 0;
      if (has_one_name) {
        children.emplace_back(edge.name, child);
        continue;
      }
      // Members of an optimizer have an underscore in Keras 2 and 3, weights
      // of some layers in Keras 3 alone.
      if (below == kModel) children.emplace_back(edge.name, child);
      children.emplace_back(hidden, child);
    }
    return children;
  }

  Children LayerEdges(int node, int owner) {
    const ObjectGraph::Node& object = nodes_[node];
    Children children, others;
    const bool is_sequential = object.class_name == "Sequential";
    const int operations = Add();
    int weighted = 0;
    for (const ObjectGraph::Edge& edge : object.edges) {
      const int below = OwnerBelow(owner, edge.node);
      if (IsLeftOut(edge.node, below)) continue;
      const int child = DraftOf(edge.node, below);
      int place = 0;
      if (!trackable::IsPlace(edge.name, place)) {
        others.emplace_back(edge.name, child);
        continue;
      }
      if (weighted_[edge.node]) {
        children.emplace_back(
            absl::StrCat(trackable::kWeightedLayer, weighted++), child);
      }
      children.emplace_back(absl::StrCat(trackable::kLayer, place), child);
      // The first operation of a Sequential is its InputLayer.
      drafts_[operations].children.emplace_back(
          absl::StrCat(is_sequential ? place + 1 : place), child);
    }
    children.insert(children.end(), others.begin(), others.end());
    if (is_sequential) {
      const int functional = Add();
      drafts_[functional].children.emplace_back(trackable::kOperations,
                                                operations);
      children.emplace_back(trackable::kFunctional, functional);
    } else {
      children.emplace_back(trackable::kOperations, operations);
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
  std::vector<bool> weighted_;
  std::vector<DraftNode> drafts_;
  std::vector<Converted> converted_;
  // The model's come first.
  std::deque<int> waiting_, optimizer_waiting_;
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
                        trackable::kValueSuffix);
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

}  // namespace cairn
