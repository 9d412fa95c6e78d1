#include "saving/write_bundle.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "saving/save.h"
#include "saving/staged_write.h"

namespace cairn {
namespace {

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

absl::Status WriteFiles(
    const std::string& prefix, const SaveOptions& options,
    absl::FunctionRef<absl::Status(BundleWriter&)> add_entries) {
  CAIRN_RETURN_IF_ERROR(CheckSavePath(prefix, options));
  FileSystem& files = *options.files;
  CAIRN_RETURN_IF_ERROR(files.CreateDirectories(DirectoryOf(prefix)));
  CAIRN_ASSIGN_OR_RETURN(const int before, CountShards(prefix, options));
  // Another count gives the new data files other names than the old ones have.
  const int count = before == 1 ? 2 : 1;
  StagedWrite staged(files, options.sync);
  CAIRN_ASSIGN_OR_RETURN(WritableFile* const data,
                         staged.Create(BundleDataPath(prefix, 0, count)));
  BundleWriter writer(data, 0, count);
  CAIRN_RETURN_IF_ERROR(add_entries(writer));
  for (int shard = 1; shard < count; ++shard) {
    CAIRN_RETURN_IF_ERROR(
        staged.Create(BundleDataPath(prefix, shard, count)).status());
  }
  CAIRN_ASSIGN_OR_RETURN(WritableFile* const index,
                         staged.Create(BundleIndexPath(prefix)));
  CAIRN_RETURN_IF_ERROR(writer.WriteIndex(index));
  CAIRN_RETURN_IF_ERROR(staged.Commit());
  for (int shard = 0; shard < before; ++shard) {
    const absl::Status removed =
        files.Remove(BundleDataPath(prefix, shard, before));
    // Nobody reads it any more.
    if (!removed.ok() && !absl::IsNotFound(removed)) {
      LogWarning(absl::StrCat("an old data file stays: ", removed.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteBundle(
    const std::string& prefix, const SaveOptions& options,
    absl::FunctionRef<absl::Status(BundleWriter&)> add_entries) {
  return Annotate(WriteFiles(prefix, options, add_entries),
                  absl::StrCat("writing ", prefix));
}

}  // namespace cairn
