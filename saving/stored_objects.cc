#include "saving/stored_objects.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "saving/checkpoint_contents.h"
#include "saving/codec/trackable_object_graph.h"
#include "saving/trackable_objects.h"

namespace cairn {

absl::StatusOr<StoredObjects> StoredObjects::Read(
    std::unique_ptr<CheckpointReader> reader) {
  if (!reader->Contains(kObjectGraphKey)) {
    return absl::InvalidArgumentError(absl::StrCat(
        reader->prefix(),
        " has no object graph: it was written by names alone, which "
        "LoadWeights() can match"));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                         reader->ReadStrings(kObjectGraphKey));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<TrackableNode> nodes,
                         DecodeObjectGraphEntry(texts, reader->prefix()));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> keys,
                         reader->ListStates());
  std::set<std::string> states;
  for (const std::string& key : keys) {
    if (IsUserStateKey(key)) states.insert(key);
  }
  return StoredObjects(std::move(reader), ObjectsOf(nodes), std::move(states));
}

StoredObjects::StoredObjects(std::unique_ptr<CheckpointReader> reader,
                             ObjectGraph graph, std::set<std::string> states)
    : reader_(std::move(reader)),
      graph_(std::move(graph)),
      states_(std::move(states)) {
  FindThoseThatLeadToValues();
}

// Against the edges, from all values at once: each object that waits asks, and
// a hostile file has as many nodes below each as it has nodes.
void StoredObjects::FindThoseThatLeadToValues() {
  const size_t count = graph_.nodes.size();
  std::vector<std::vector<int>> parents(count);
  leads_to_value_.resize(count);
  std::vector<int> open;
  const auto reach = [&](int node) {
    if (leads_to_value_[node]) return;
    leads_to_value_[node] = true;
    open.push_back(node);
  };
  for (size_t i = 0; i < count; ++i) {
    const auto node = static_cast<int>(i);
    for (const ObjectGraph::Edge& edge : graph_.nodes[i].edges) {
      parents[edge.node].push_back(node);
    }
    for (const ObjectGraph::Slot& slot : graph_.nodes[i].slots) {
      parents[slot.variable].push_back(node);
    }
    if (HasValue(node)) reach(node);
  }
  while (!open.empty()) {
    const int node = open.back();
    open.pop_back();
    for (const int parent : parents[node]) reach(parent);
  }
}

int StoredObjects::Follow(int node, absl::Span<const std::string> edges) const {
  for (const std::string& edge : edges) node = graph_.Find(node, edge);
  return node;
}

absl::StatusOr<Tensor> StoredObjects::ReadFor(const Variable& variable,
                                              const std::string& path,
                                              int node) const {
  CAIRN_ASSIGN_OR_RETURN(Tensor value, reader_->ReadTensor(KeyOf(node)));
  if (value.spec() == variable.spec()) return value;
  return absl::InvalidArgumentError(
      absl::StrCat(path, " is ", SpecToString(variable.spec()), " here, ",
                   SpecToString(value.spec()), " in ", prefix()));
}

std::set<std::string> StoredObjects::KeysBelow(int root) const {
  std::set<std::string> keys;
  std::set<int> seen = {root};
  std::vector<int> open = {root};
  while (!open.empty()) {
    const int at = open.back();
    open.pop_back();
    if (HasValue(at)) keys.insert(KeyOf(at));
    const auto visit = [&](int next) {
      if (seen.insert(next).second) open.push_back(next);
    };
    const ObjectGraph::Node& node = graph_.nodes[at];
    for (const ObjectGraph::Edge& edge : node.edges) visit(edge.node);
    for (const ObjectGraph::Slot& slot : node.slots) visit(slot.variable);
  }
  return keys;
}

absl::StatusOr<int64_t> ReadSaveCounter(const CheckpointReader& reader,
                                        absl::string_view key) {
  CAIRN_ASSIGN_OR_RETURN(const Tensor value, reader.ReadTensor(key));
  if (value.spec() == TensorSpec{DType::kInt64, {}} &&
      value.values<int64_t>()[0] >= 0) {
    return value.values<int64_t>()[0];
  }
  return absl::DataLossError(
      absl::StrCat(reader.prefix(), ": ", key, " is no count of saves"));
}

}  // namespace cairn
