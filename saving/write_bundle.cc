#include "saving/write_bundle.h"

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/base/annotate.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "saving/checkpoint_directory.h"
#include "saving/path_claim.h"
#include "saving/save.h"
#include "saving/spare_files.h"
#include "saving/staged_write.h"

namespace cairn {
namespace {

// Of a million tensors, say.
constexpr int64_t kLargestIndex = int64_t{1} << 30;

// How many data files the bundle at `prefix` counts; 0: there is none that can
// be read, so that nothing can be lost.
absl::StatusOr<int> CountShards(const std::string& prefix,
                                const SaveOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const bool exists,
                         options.files->Exists(BundleIndexPath(prefix)));
  if (!exists) return 0;
  if (options.overwrite == Overwrite::kFail) {
    return absl::AlreadyExistsError(
        "it is there already; give another name, or allow it to be replaced");
  }
  const auto old = BundleReader::Open(*options.files, prefix);
  if (old.ok()) return (*old)->shard_count();
  if (absl::IsDataLoss(old.status()) || absl::IsNotFound(old.status())) {
    return 0;
  }
  return Annotate(old.status(), "the checkpoint that is to be replaced");
}

// The data files of the bundle that was replaced. Nobody reads them any more,
// so one that stays is no error.
void RemoveOldData(const SaveOptions& options, const std::string& prefix,
                   int count) {
  for (int shard = 0; shard < count; ++shard) {
    const absl::Status removed = Retire(options.spares, *options.files,
                                        BundleDataPath(prefix, shard, count));
    if (!removed.ok() && !absl::IsNotFound(removed)) {
      LogWarning(absl::StrCat("an old data file stays: ", removed.message()));
    }
  }
}

// Makes the bundle that was replaced one of its own. It may be lost halfway:
// the new one is in place.
absl::Status MoveToBackup(FileSystem& files, const std::string& prefix,
                          int count, const std::string& index,
                          const SaveOptions& options) {
  const std::string backup = absl::StrCat(prefix, ".backup");
  // An index without its data would be damaged, so it goes first and comes
  // last.
  CAIRN_RETURN_IF_ERROR(RemoveCheckpoint(backup, files, options.syncs()));
  for (int shard = 0; shard < count; ++shard) {
    CAIRN_RETURN_IF_ERROR(files.Rename(BundleDataPath(prefix, shard, count),
                                       BundleDataPath(backup, shard, count)));
  }
  if (options.syncs()) {
    CAIRN_RETURN_IF_ERROR(files.SyncDirectory(DirectoryOf(prefix)));
  }
  StagedWrite staged(options);
  CAIRN_ASSIGN_OR_RETURN(
      WritableFile* const file,
      staged.Create(BundleIndexPath(backup), BundleIndexPath(prefix)));
  CAIRN_RETURN_IF_ERROR(file->Append(absl::MakeConstSpan(
      reinterpret_cast<const std::byte*>(index.data()), index.size())));
  return staged.Commit();
}

// The lock of one save, whose file the next one takes where it may.
class SaveLock {
 public:
  static absl::StatusOr<SaveLock> Take(const std::string& prefix,
                                       const SaveOptions& options) {
    SaveLock taken;
    taken.path_ = BundleLockPath(prefix);
    taken.options_ = &options;
    CAIRN_ASSIGN_OR_RETURN(
        taken.lock_, options.spares != nullptr
                         ? options.spares->Lock(*options.files, taken.path_)
                         : options.files->Lock(taken.path_));
    return taken;
  }
  ~SaveLock() {
    if (lock_ == nullptr || options_->spares == nullptr) return;
    options_->spares->Unlock(*options_->files, path_, std::move(lock_));
  }
  SaveLock(SaveLock&&) = default;

 private:
  SaveLock() = default;

  std::string path_;
  const SaveOptions* options_ = nullptr;
  std::unique_ptr<FileLock> lock_;
};

absl::Status WriteFiles(
    const std::string& prefix, const SaveOptions& options, int64_t bytes,
    absl::FunctionRef<absl::Status(BundleWriter&)> add_entries,
    bool* in_place) {
  CAIRN_RETURN_IF_ERROR(CheckSavePath(prefix, options));
  FileSystem& files = *options.files;
  CAIRN_RETURN_IF_ERROR(files.CreateDirectories(DirectoryOf(prefix)));
  // Of another program, or of this one under another spelling of the path.
  CAIRN_ASSIGN_OR_RETURN(const SaveLock lock, SaveLock::Take(prefix, options));
  CAIRN_ASSIGN_OR_RETURN(const int before, CountShards(prefix, options));
  const bool keeps_backup =
      before > 0 && options.overwrite == Overwrite::kKeepBackup;
  std::string old_index;
  if (keeps_backup) {
    CAIRN_ASSIGN_OR_RETURN(
        old_index, ReadFile(files, BundleIndexPath(prefix), kLargestIndex));
  }
  const int filled = options.CountShards(bytes);
  const int64_t shard_bytes = (bytes + filled - 1) / filled;
  // Another count gives the new data files other names than the old ones have.
  const int count = filled == before ? filled + 1 : filled;
  // A damaged one has a mode too.
  CAIRN_ASSIGN_OR_RETURN(const bool replaces,
                         files.Exists(BundleIndexPath(prefix)));
  // Room that is used again has the mode of what lay there before; the lock has
  // that of a file that this program has made.
  const std::string mode_of = replaces || options.spares == nullptr
                                  ? BundleIndexPath(prefix)
                                  : BundleLockPath(prefix);
  StagedWrite staged(options);
  std::vector<WritableFile*> data;
  for (int shard = 0; shard < filled; ++shard) {
    CAIRN_ASSIGN_OR_RETURN(
        data.emplace_back(),
        staged.Create(BundleDataPath(prefix, shard, count), mode_of));
    if (options.syncs() && options.bypass_cache.value_or(false)) {
      data.back()->BypassCache();
    }
    // Each but the last gets no less.
    if (shard + 1 < filled || filled == 1) {
      CAIRN_RETURN_IF_ERROR(data.back()->Reserve(shard_bytes));
    }
  }
  BundleWriter writer(data, shard_bytes, count);
  CAIRN_RETURN_IF_ERROR(add_entries(writer));
  if (count > filled) {
    CAIRN_RETURN_IF_ERROR(
        staged.Create(BundleDataPath(prefix, filled, count), mode_of).status());
  }
  CAIRN_ASSIGN_OR_RETURN(WritableFile* const index,
                         staged.Create(BundleIndexPath(prefix), mode_of));
  CAIRN_RETURN_IF_ERROR(writer.WriteIndex(index));
  const absl::Status committed =
      staged.Commit(before > 0 ? StagedWrite::Replaces::kSomething
                               : StagedWrite::Replaces::kNothing);
  *in_place = staged.in_place();
  CAIRN_RETURN_IF_ERROR(committed);
  if (keeps_backup) {
    return Annotate(MoveToBackup(files, prefix, before, old_index, options),
                    "it is in place, but the one before is not kept");
  }
  RemoveOldData(options, prefix, before);
  return absl::OkStatus();
}

}  // namespace

// Hidden, and no name of a checkpoint's files, nor of a lock of a folder.
std::string BundleLockPath(const std::string& prefix) {
  return JoinPath(DirectoryOf(prefix),
                  absl::StrCat(".", BaseName(prefix), ".saving"));
}

absl::Status WriteBundle(
    const std::string& prefix, const SaveOptions& options, int64_t bytes,
    absl::FunctionRef<absl::Status(BundleWriter&)> add_entries) {
  // Two at once would remove or mix each other's data files. Beside the lock of
  // WriteFiles(), since some file systems have no locks.
  const std::unique_ptr<PathClaim> claim =
      PathClaim::Take(options.files, prefix);
  if (claim == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "saving ", prefix,
        ": another thread of this program is writing it; give each its own "
        "name, or save one after the other"));
  }
  // A file whose sync has failed cannot be trusted, whatever a second sync
  // says: the system forgets what it could not write. So all is written anew
  // from memory. What else may pass, an answer that a server owes, is tried
  // again likewise, and where there is no room, what spare files hold of it.
  constexpr int kAttempts = 3;
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    bool in_place = false;
    status = WriteFiles(prefix, options, bytes, add_entries, &in_place);
    // Once in place, what it replaced must stay as it is.
    if (status.ok() || in_place) break;
    const bool has_room =
        absl::IsResourceExhausted(status) && SpareFiles::GiveBackAll();
    if (!has_room && !absl::IsUnavailable(status)) break;
  }
  return Annotate(status, absl::StrCat("saving ", prefix));
}

}  // namespace cairn
