#include "saving/checkpoint_reader.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "core/base/annotate.h"
#include "core/base/custom_objects.h"
#include "core/base/status_macros.h"
#include "saving/cairn_entries.h"
#include "saving/checkpoint_directory.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/codec/trackable_object_graph.h"

namespace cairn {

CheckpointReader::CheckpointReader(std::unique_ptr<BundleReader> bundle)
    : bundle_(std::move(bundle)) {
  for (const BundleEntry& entry : bundle_->entries()) {
    entries_.push_back({.key = entry.key,
                        .dtype = entry.dtype_name,
                        .shape = entry.shape,
                        .bytes = entry.size});
  }
}

CheckpointReader::~CheckpointReader() = default;

absl::StatusOr<std::unique_ptr<CheckpointReader>> CheckpointReader::Open(
    const std::string& prefix, FileSystem& files) {
  std::string found(absl::StripSuffix(prefix, ".index"));
  const auto is_bundle = files.Exists(BundleIndexPath(found));
  if (found == prefix && !(is_bundle.ok() && *is_bundle) &&
      files.List(prefix).ok()) {
    CAIRN_ASSIGN_OR_RETURN(found, LatestCheckpoint(prefix, files));
  }
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<BundleReader> bundle,
                         BundleReader::Open(files, found));
  return std::unique_ptr<CheckpointReader>(
      new CheckpointReader(std::move(bundle)));
}

const std::string& CheckpointReader::prefix() const {
  return bundle_->prefix();
}

bool CheckpointReader::Contains(absl::string_view key) const {
  return bundle_->Find(key) != nullptr;
}

absl::StatusOr<const BundleEntry*> CheckpointReader::Find(
    absl::string_view key) const {
  if (const BundleEntry* const entry = bundle_->Find(key)) return entry;
  std::vector<std::string> known;
  for (const Entry& entry : entries_) known.push_back(entry.key);
  return UnknownName("checkpoint key", key, known);
}

absl::StatusOr<Tensor> CheckpointReader::ReadTensor(
    absl::string_view key) const {
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry* const entry, Find(key));
  return bundle_->ReadTensor(*entry);
}

absl::StatusOr<std::vector<std::string>> CheckpointReader::ReadStrings(
    absl::string_view key) const {
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry* const entry, Find(key));
  return bundle_->ReadStrings(*entry);
}

absl::Status CheckpointReader::Verify(absl::string_view key) const {
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry* const entry, Find(key));
  return bundle_->Verify(*entry);
}

absl::StatusOr<std::vector<std::string>> CheckpointReader::ListStates() const {
  std::vector<std::string> states;
  for (const Entry& entry : entries_) {
    auto names = StateEntryNames(entry.key);
    if (!names.ok()) return Annotate(names.status(), prefix());
    if (names->size() == 1) states.push_back(std::move((*names)[0]));
  }
  return states;
}

absl::StatusOr<State> CheckpointReader::ReadState(absl::string_view key) const {
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry* const values, Find(StateKey(key)));
  State state;
  CAIRN_ASSIGN_OR_RETURN(state.values, ReadConfig(*bundle_, *values));
  for (const BundleEntry& entry : bundle_->entries()) {
    auto names = StateEntryNames(entry.key);
    if (!names.ok()) return Annotate(names.status(), prefix());
    if (names->size() != 2 || (*names)[0] != key) continue;
    CAIRN_ASSIGN_OR_RETURN(Tensor value, bundle_->ReadTensor(entry));
    state.tensors.push_back({std::move((*names)[1]), std::move(value)});
  }
  return state;
}

absl::StatusOr<ObjectGraph> CheckpointReader::ReadObjects() const {
  const BundleEntry* const entry = bundle_->Find(kObjectGraphKey);
  if (entry == nullptr) {
    return absl::NotFoundError(absl::StrCat(
        prefix(), " has no object graph: it was written by names alone"));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                         bundle_->ReadStrings(*entry));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<TrackableNode> nodes,
                         DecodeObjectGraphEntry(texts, prefix()));
  ObjectGraph objects;
  for (const TrackableNode& node : nodes) {
    ObjectGraph::Node object{.tensor = node.checkpoint_key};
    if (!node.checkpoint_key.empty())
      object.kind = ObjectGraph::Kind::kVariable;
    for (const auto& [edge, child] : node.children) {
      object.edges.push_back({edge, child});
    }
    for (const SlotVariable& slot : node.slot_variables) {
      object.slots.push_back(
          {slot.slot_name, slot.original_variable, slot.slot_variable});
    }
    objects.nodes.push_back(std::move(object));
  }
  return objects;
}

}  // namespace cairn
