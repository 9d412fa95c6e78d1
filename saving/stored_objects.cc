#include "saving/stored_objects.h"

#include <vector>

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
