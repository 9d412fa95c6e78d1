#include "saving/named_checkpoint.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "core/base/annotate.h"
#include "core/base/custom_objects.h"
#include "core/base/status_macros.h"
#include "saving/checkpoint_directory.h"

namespace cairn {

absl::string_view PartName(Part part) {
  switch (part) {
    case Part::kArchitecture:
      return "architecture";
    case Part::kWeights:
      return "weights";
    case Part::kCompile:
      return "compile";
    case Part::kOptimizer:
      return "optimizer";
    case Part::kExtras:
      return "extras";
  }
  return "other";
}

absl::StatusOr<std::unique_ptr<NamedCheckpoint>> NamedCheckpoint::Open(
    const std::string& path, FileSystem& files) {
  std::string prefix(absl::StripSuffix(path, ".index"));
  if (prefix == path) {
    CAIRN_ASSIGN_OR_RETURN(const bool has_index,
                           files.Exists(BundleIndexPath(prefix)));
    if (!has_index && files.List(prefix).ok()) {
      CAIRN_ASSIGN_OR_RETURN(prefix, LatestCheckpoint(prefix, files));
    }
  }
  auto opened = std::unique_ptr<NamedCheckpoint>(new NamedCheckpoint());
  CAIRN_ASSIGN_OR_RETURN(opened->bundle_, BundleReader::Open(files, prefix));
  CAIRN_ASSIGN_OR_RETURN(opened->snapshot_, OpenFile(files, prefix));
  opened->ListEntries();
  return opened;
}

void NamedCheckpoint::ListEntries() {
  std::set<std::string> listed;
  for (const TensorEntry& tensor : snapshot_->tensors()) {
    const BundleEntry* const entry = bundle_->Find(tensor.key);
    const bool is_extra = tensor.part == Part::kExtras;
    // A tensor that belongs to no part is called what the file calls it.
    const bool is_other = is_extra && tensor.state.empty();
    if (entry == nullptr || is_other) continue;
    listed.insert(tensor.key);
    entries_.push_back(
        {std::string(PartName(tensor.part)),
         is_extra ? absl::StrCat(tensor.state, "/", tensor.path) : tensor.path,
         *entry});
  }
  for (const BundleEntry& entry : bundle_->entries()) {
    if (listed.count(entry.key) > 0) continue;
    entries_.push_back({"other", entry.key, entry});
  }
}

absl::StatusOr<const NamedEntry*> NamedCheckpoint::Find(
    const std::string& key_or_name) const {
  std::vector<const NamedEntry*> found;
  std::vector<std::string> known, keys;
  for (const NamedEntry& entry : entries_) {
    if (entry.entry.key == key_or_name) return &entry;
    known.push_back(entry.name);
    if (entry.name != key_or_name) continue;
    found.push_back(&entry);
    keys.push_back(entry.entry.key);
  }
  if (found.empty()) {
    return Annotate(UnknownName("tensor", key_or_name, known), prefix());
  }
  if (found.size() == 1) return found[0];
  return absl::InvalidArgumentError(
      absl::StrCat(prefix(), ": several tensors are called \"", key_or_name,
                   "\"; give one of the keys ", absl::StrJoin(keys, ", ")));
}

absl::StatusOr<std::vector<TrackableNode>> NamedCheckpoint::ReadObjects()
    const {
  const BundleEntry* const entry = bundle_->Find(kObjectGraphKey);
  if (entry == nullptr) return std::vector<TrackableNode>();
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                         bundle_->ReadStrings(*entry));
  return DecodeObjectGraphEntry(texts, prefix());
}

}  // namespace cairn
