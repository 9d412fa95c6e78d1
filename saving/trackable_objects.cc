#include "saving/trackable_objects.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "core/base/text_pool.h"
#include "saving/codec/mark_ancestors.h"
#include "saving/trackable_drafts.h"
#include "saving/trackable_object_names.h"

namespace cairn {
namespace {

// Drafts in their order, breadth first, and where each was met first.
class NumberedDrafts {
 public:
  explicit NumberedDrafts(const Snapshot& snapshot)
      : nodes_(snapshot.objects->nodes),
        drafts_(DraftTrackables(snapshot, edge_names_)),
        order_({0}),
        number_(drafts_.size(), -1),
        met_(drafts_.size()),
        has_values_(drafts_.size()) {
    order_.reserve(drafts_.size());
    number_[0] = 0;
    std::vector<GraphEdge> edges;
    for (size_t i = 0; i < order_.size(); ++i) {
      const int draft = order_[i];
      has_values_[draft] = drafts_[draft].kind != TrackableDraft::Kind::kObject;
      for (const auto& [edge, child] : drafts_[draft].children) {
        edges.emplace_back(draft, child);
        if (number_[child] >= 0) continue;
        number_[child] = static_cast<int>(order_.size());
        order_.push_back(child);
        met_[child] = {draft, edge};
      }
    }
    MarkAncestors(edges, has_values_);
  }

  int size() const { return static_cast<int>(order_.size()); }
  bool HasValues(int number) const { return has_values_[order_[number]]; }

  // Makes the node of that number in `node`, and its tensor in `tensor`; whose
  // key is empty if it has none.
  void Make(int number, TrackableNode& node, TrackableTensor& tensor) {
    const int draft = order_[number];
    const TrackableDraft& from = drafts_[draft];
    node.children.clear();
    for (const auto& [edge, child] : from.children) {
      node.children.emplace_back(std::string(edge), number_[child]);
    }
    tensor.key.clear();
    node.full_name.clear();
    switch (from.kind) {
      case TrackableDraft::Kind::kObject:
        break;
      case TrackableDraft::Kind::kSaveCounter:
        tensor.part = Part::kExtras;
        tensor.name = std::string(trackable::kSaveCounter);
        node.full_name = tensor.name;
        SetKey(draft, tensor.key);
        break;
      case TrackableDraft::Kind::kVariable:
        tensor.part = from.owner == TrackableDraft::kModel ? Part::kWeights
                                                           : Part::kOptimizer;
        tensor.name = nodes_[from.node].tensor;
        node.full_name = FullName(tensor.name, from.owner);
        SetKey(draft, tensor.key);
        break;
    }
    tensor.value = from.value;
    node.checkpoint_key = tensor.key;
  }

 private:
  struct Meeting {
    int parent = -1;
    absl::string_view edge;
  };

  std::string FullName(const std::string& name, int owner) const {
    if (owner == TrackableDraft::kModel) return name;
    // As Keras 2 calls them.
    if (name == "iterations") return "iteration";
    if (name == "learning_rate") return name;
    return absl::StrCat(nodes_[owner].class_name, "/", name);
  }

  void SetKey(int draft, std::string& key) {
    names_.clear();
    for (; met_[draft].parent >= 0; draft = met_[draft].parent) {
      names_.push_back(EscapeLocalName(met_[draft].edge));
    }
    absl::StrAppend(&key, absl::StrJoin(names_.rbegin(), names_.rend(), "/"),
                    trackable::kValueSuffix);
  }

  const std::vector<ObjectGraph::Node>& nodes_;
  TextPool edge_names_;
  const std::vector<TrackableDraft> drafts_;
  std::vector<int> order_, number_;
  std::vector<Meeting> met_;
  std::vector<bool> has_values_;  // By draft.
  std::vector<std::string> names_;
};

}  // namespace

void VisitTrackable(
    const Snapshot& snapshot,
    absl::FunctionRef<void(const TrackableNode& node, bool has_values,
                           const TrackableTensor* tensor)>
        visit) {
  NumberedDrafts drafts(snapshot);
  TrackableNode node;
  TrackableTensor tensor;
  for (int i = 0; i < drafts.size(); ++i) {
    drafts.Make(i, node, tensor);
    visit(node, drafts.HasValues(i), tensor.key.empty() ? nullptr : &tensor);
  }
}

TrackableObjects ToTrackable(const Snapshot& snapshot) {
  TrackableObjects result;
  VisitTrackable(snapshot, [&](const TrackableNode& node, bool,
                               const TrackableTensor* tensor) {
    result.nodes.push_back(node);
    if (tensor == nullptr) return;
    result.tensors.push_back(*tensor);
    // The snapshot may be gone before the result.
    result.tensors.back().value = nullptr;
  });
  return result;
}

}  // namespace cairn
