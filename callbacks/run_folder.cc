#include "callbacks/run_folder.h"

#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"

namespace cairn {

absl::StatusOr<std::unique_ptr<RunFolder>> RunFolder::Open(
    FileSystem& files, const std::string& path, const std::string& lock_name) {
  std::unique_ptr<RunFolder> folder(
      new RunFolder(files, path, JoinPath(path, lock_name)));
  CAIRN_RETURN_IF_ERROR(folder->MakeAndLock());
  return folder;
}

absl::Status RunFolder::MakeAndLock() {
  // Of a file that is gone. It would not keep out this process either.
  lock_ = nullptr;
  CAIRN_RETURN_IF_ERROR(
      Annotate(files_.CreateDirectories(path_), "the folder for checkpoints"));
  auto lock = files_.Lock(lock_path_);
  CAIRN_RETURN_IF_ERROR(Annotate(lock.status(), "the folder for checkpoints"));
  lock_ = *std::move(lock);
  return absl::OkStatus();
}

absl::StatusOr<bool> RunFolder::Renew() {
  if (lock_ != nullptr && lock_->IsInPlace()) return false;
  CAIRN_RETURN_IF_ERROR(
      Annotate(MakeAndLock(),
               absl::StrCat("\"", path_,
                            "\" was removed or moved away while the run saves "
                            "there, and cannot be made anew")));
  return true;
}

}  // namespace cairn
