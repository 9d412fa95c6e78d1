#ifndef CAIRN_CALLBACKS_RUN_FOLDER_H_
#define CAIRN_CALLBACKS_RUN_FOLDER_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/io/file_system.h"

namespace cairn {

// The folder that a run saves into, locked against other writers as long as
// this exists. Not thread-safe.
class RunFolder {
 public:
  // Makes the folder and locks it by a file of the name `lock_name` in it.
  // `files` is not owned. FailedPrecondition if another writer has that lock.
  static absl::StatusOr<std::unique_ptr<RunFolder>> Open(
      FileSystem& files, const std::string& path, const std::string& lock_name);

  const std::string& path() const { return path_; }
  // Where somebody has removed or replaced the folder, or the file of its lock,
  // makes and locks it anew and returns true. FailedPrecondition if another
  // writer has it by now; the next call tries once more.
  absl::StatusOr<bool> Renew();

 private:
  RunFolder(FileSystem& files, std::string path, std::string lock_path)
      : files_(files),
        path_(std::move(path)),
        lock_path_(std::move(lock_path)) {}
  absl::Status MakeAndLock();

  FileSystem& files_;
  const std::string path_, lock_path_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_RUN_FOLDER_H_
