#include "saving/checkpoint_remains.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"
#include "saving/checkpoint_directory.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/temporary_name.h"
#include "saving/write_bundle.h"

namespace cairn {
namespace {

constexpr absl::string_view kIndexSuffix = ".index", kDataMark = ".data-";

// What a name is of, such as "ckpt-12" of "ckpt-12.index"; empty if it is no
// checkpoint's.
absl::string_view CheckpointOf(absl::string_view name) {
  if (absl::ConsumeSuffix(&name, kIndexSuffix)) return name;
  const size_t end = name.find(kDataMark);
  return name.substr(0, end == absl::string_view::npos ? 0 : end);
}

// The same of the lock of a save.
absl::string_view CheckpointOfLock(absl::string_view name) {
  return absl::ConsumePrefix(&name, ".") &&
                 absl::ConsumeSuffix(&name, ".saving")
             ? name
             : "";
}

// The same of a temporary file.
absl::string_view CheckpointOfTemporary(absl::string_view name) {
  if (!IsTemporaryName(std::string(name))) return "";
  name = name.substr(0, name.rfind(kTemporaryMark));
  if (const absl::string_view locked = CheckpointOfLock(name);
      !locked.empty()) {
    return locked;
  }
  name = CheckpointOf(name);
  absl::ConsumeSuffix(&name, ".backup");
  return name;
}

// The names of the data files that an index counts; none if it cannot be read.
std::set<std::string> DataNamesOf(FileSystem& files,
                                  const std::string& prefix) {
  std::set<std::string> names;
  const auto bundle = BundleReader::Open(files, prefix);
  if (!bundle.ok()) return names;
  const int count = (*bundle)->shard_count();
  for (int shard = 0; shard < count; ++shard) {
    names.insert(BaseName(BundleDataPath(prefix, shard, count)));
  }
  return names;
}

absl::Status RemoveUnlessGone(FileSystem& files, const std::string& path) {
  const absl::Status removed = files.Remove(path);
  return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

// Adds the checkpoints meant that `names` are of.
void AddMeant(const std::vector<std::string>& names, const IsMeant& is_meant,
              absl::string_view (*checkpoint_of)(absl::string_view),
              std::set<std::string>& checkpoints) {
  for (const std::string& name : names) {
    const absl::string_view checkpoint = checkpoint_of(name);
    if (!checkpoint.empty() && is_meant(checkpoint)) {
      checkpoints.emplace(checkpoint);
    }
  }
}

// The locks of checkpoints that are not being saved now, which keep others from
// beginning to.
class SaveLocks {
 public:
  // Takes those that nobody holds. Their files go with this.
  SaveLocks(const std::string& directory,
            const std::set<std::string>& checkpoints, FileSystem& files) {
    for (const std::string& checkpoint : checkpoints) {
      auto lock = files.Lock(BundleLockPath(JoinPath(directory, checkpoint)));
      if (lock.ok()) locks_.emplace(checkpoint, *std::move(lock));
    }
  }
  bool Has(absl::string_view checkpoint) const {
    return locks_.count(std::string(checkpoint)) > 0;
  }

 private:
  std::map<std::string, std::unique_ptr<FileLock>> locks_;
};

absl::Status RemoveThoseOf(
    const std::string& directory, const std::vector<std::string>& names,
    absl::string_view (*checkpoint_of)(absl::string_view),
    const SaveLocks& locks, FileSystem& files) {
  for (const std::string& name : names) {
    if (!locks.Has(checkpoint_of(name))) continue;
    CAIRN_RETURN_IF_ERROR(RemoveUnlessGone(files, JoinPath(directory, name)));
  }
  return absl::OkStatus();
}

}  // namespace

IsMeant NumberedCheckpoints(const std::string& name_prefix) {
  return [name_prefix](absl::string_view name) {
    return IsNumbered(name, name_prefix);
  };
}

absl::StatusOr<std::vector<std::string>> ListHalfCheckpoints(
    const std::string& directory, const IsMeant& is_meant, FileSystem& files) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         files.List(directory));
  // By the name of the checkpoint.
  std::map<std::string, std::vector<std::string>> data;
  std::set<std::string> indexed;
  for (const std::string& name : names) {
    const std::string checkpoint(CheckpointOf(name));
    if (checkpoint.empty() || IsTemporaryName(name) || !is_meant(checkpoint)) {
      continue;
    }
    std::vector<std::string>& of_it = data[checkpoint];
    if (absl::EndsWith(name, kIndexSuffix)) {
      indexed.insert(checkpoint);
    } else {
      of_it.push_back(name);
    }
  }
  std::vector<std::string> useless;
  for (const auto& [checkpoint, data_names] : data) {
    if (data_names.empty()) {
      useless.push_back(absl::StrCat(checkpoint, kIndexSuffix));
      continue;
    }
    std::set<std::string> counted;
    if (indexed.count(checkpoint) > 0) {
      counted = DataNamesOf(files, JoinPath(directory, checkpoint));
      // Of an index that cannot be read nobody knows what it counts.
      if (counted.empty()) continue;
    }
    for (const std::string& name : data_names) {
      if (counted.count(name) == 0) useless.push_back(name);
    }
  }
  return useless;
}

absl::Status RemoveRemains(const std::string& directory,
                           const IsMeant& is_meant, FileSystem& files) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         files.List(directory));
  CAIRN_ASSIGN_OR_RETURN(std::vector<std::string> half,
                         ListHalfCheckpoints(directory, is_meant, files));
  std::set<std::string> checkpoints;
  AddMeant(names, is_meant, CheckpointOfLock, checkpoints);
  AddMeant(names, is_meant, CheckpointOfTemporary, checkpoints);
  AddMeant(half, is_meant, CheckpointOf, checkpoints);
  if (checkpoints.empty()) return absl::OkStatus();
  const SaveLocks locks(directory, checkpoints, files);
  // Once more, as a save may have made one whole before its lock was taken.
  CAIRN_ASSIGN_OR_RETURN(half, ListHalfCheckpoints(directory, is_meant, files));
  CAIRN_RETURN_IF_ERROR(
      RemoveThoseOf(directory, half, CheckpointOf, locks, files));
  return RemoveThoseOf(directory, names, CheckpointOfTemporary, locks, files);
}

absl::Status RemoveTemporaries(const std::string& directory,
                               const IsMeant& is_meant, FileSystem& files) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         files.List(directory));
  std::set<std::string> checkpoints;
  AddMeant(names, is_meant, CheckpointOfLock, checkpoints);
  AddMeant(names, is_meant, CheckpointOfTemporary, checkpoints);
  const SaveLocks locks(directory, checkpoints, files);
  return RemoveThoseOf(directory, names, CheckpointOfTemporary, locks, files);
}

}  // namespace cairn
