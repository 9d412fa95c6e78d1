#include "saving/trackable_drafts.h"

#include <algorithm>
#include <deque>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "saving/codec/mark_ancestors.h"
#include "saving/trackable_object_names.h"

namespace cairn {
namespace {

constexpr int kModel = TrackableDraft::kModel;

// Tensors by name; of several the first, as of Snapshot::FindTensor().
class TensorIndex {
 public:
  explicit TensorIndex(const std::vector<NamedTensor>& tensors) {
    tensors_.reserve(tensors.size());
    for (const NamedTensor& tensor : tensors) tensors_.push_back(&tensor);
    std::stable_sort(tensors_.begin(), tensors_.end(),
                     [](const NamedTensor* a, const NamedTensor* b) {
                       return a->name < b->name;
                     });
  }

  // Null if there is none.
  const Tensor* Find(const std::string& name) const {
    const auto found = std::lower_bound(
        tensors_.begin(), tensors_.end(), name,
        [](const NamedTensor* tensor, const std::string& text) {
          return tensor->name < text;
        });
    const bool is_there = found != tensors_.end() && (*found)->name == name;
    return is_there ? &(*found)->value : nullptr;
  }

 private:
  std::vector<const NamedTensor*> tensors_;
};

// Turns a snapshot's objects into drafts. A snapshot may come from a file, so
// its objects may lead in circles or lie thousands deep.
class Drafter {
 public:
  Drafter(const Snapshot& snapshot, TextPool& names)
      : nodes_(snapshot.objects->nodes),
        names_(names),
        has_save_counter_(snapshot.save_counter >= 0),
        weights_(*snapshot.weights),
        optimizer_tensors_(*snapshot.optimizer),
        converted_(nodes_.size()) {
    drafts_.reserve(nodes_.size());
    FindWeighted();
  }

  std::vector<TrackableDraft> Draft() {
    DraftOf(0, kModel);
    Work();
    const bool root_is_model =
        nodes_[0].kind == ObjectGraph::Kind::kLayerSequence;
    if (!root_is_model && has_save_counter_) {
      const int counter = Add();
      drafts_[counter].kind = TrackableDraft::Kind::kSaveCounter;
      drafts_[0].children.emplace_back(trackable::kSaveCounter, counter);
    }
    return std::move(drafts_);
  }

 private:
  struct Converted {
    int draft = -1;
    int owner = kModel;
  };

  // One of which the snapshot has none.
  absl::string_view Name(absl::string_view name) { return names_.Add(name); }

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
        drafts_[draft] = {.kind = TrackableDraft::Kind::kVariable,
                          .node = node,
                          .owner = owner,
                          .value = ValueOf(node, owner)};
        continue;
      }
      // Converting the children moves the drafts.
      TrackableDraft::Children children =
          object.kind == ObjectGraph::Kind::kLayerSequence
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

  // Of a variable; null if the snapshot lacks it.
  const Tensor* ValueOf(int node, int owner) const {
    const TensorIndex& tensors =
        owner == kModel ? weights_ : optimizer_tensors_;
    return tensors.Find(nodes_[node].tensor);
  }

  // A variable whose value the snapshot lacks is left out.
  bool IsLeftOut(int node, int owner) const {
    return IsVariable(node) && ValueOf(node, owner) == nullptr;
  }

  // The owner of a node that an object of `owner` leads to.
  int OwnerBelow(int owner, int node) const {
    if (converted_[node].draft >= 0) return converted_[node].owner;
    return IsOptimizer(node) ? node : owner;
  }

  TrackableDraft::Children MemberEdges(int node, int owner) {
    const ObjectGraph::Node& object = nodes_[node];
    const bool is_list = object.kind == ObjectGraph::Kind::kList;
    std::set<std::string> names;
    if (!is_list) {
      for (const ObjectGraph::Edge& edge : object.edges) {
        names.insert(edge.name);
      }
    }
    TrackableDraft::Children children;
    for (const ObjectGraph::Edge& edge : object.edges) {
      const int below = OwnerBelow(owner, edge.node);
      if (IsLeftOut(edge.node, below)) continue;
      const int child = DraftOf(edge.node, below);
      const std::string hidden = absl::StrCat("_", edge.name);
      const bool has_one_name = is_list || !IsVariable(edge.node) ||
                                edge.name == trackable::kSaveCounter ||
                                edge.name[0] == '_' || names.count(hidden) > 0;
      if (has_one_name) {
        children.emplace_back(edge.name, child);
        continue;
      }
      // Members of an optimizer have an underscore in Keras 2 and 3, weights
      // of some layers in Keras 3 alone.
      if (below == kModel) children.emplace_back(edge.name, child);
      children.emplace_back(Name(hidden), child);
    }
    return children;
  }

  TrackableDraft::Children LayerEdges(int node, int owner) {
    const ObjectGraph::Node& object = nodes_[node];
    TrackableDraft::Children children, others;
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
            Name(absl::StrCat(trackable::kWeightedLayer, weighted++)), child);
      }
      children.emplace_back(Name(absl::StrCat(trackable::kLayer, place)),
                            child);
      // The first operation of a Sequential is its InputLayer.
      drafts_[operations].children.emplace_back(
          Name(absl::StrCat(is_sequential ? place + 1 : place)), child);
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
    std::vector<GraphEdge> edges;
    weighted_.resize(nodes_.size());
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const int node = static_cast<int>(i);
      for (const ObjectGraph::Edge& edge : nodes_[i].edges) {
        edges.emplace_back(node, edge.node);
      }
      weighted_[i] = IsVariable(node);
    }
    MarkAncestors(edges, weighted_);
  }

  const std::vector<ObjectGraph::Node>& nodes_;
  TextPool& names_;
  const bool has_save_counter_;
  const TensorIndex weights_, optimizer_tensors_;
  std::vector<bool> weighted_;
  std::vector<TrackableDraft> drafts_;
  std::vector<Converted> converted_;
  // The model's come first.
  std::deque<int> waiting_, optimizer_waiting_;
};

}  // namespace

std::vector<TrackableDraft> DraftTrackables(const Snapshot& snapshot,
                                            TextPool& names) {
  return Drafter(snapshot, names).Draft();
}

}  // namespace cairn
