#ifndef CAIRN_SAVING_SPARE_FILES_H_
#define CAIRN_SAVING_SPARE_FILES_H_

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/mutex.h"
#include "core/io/file_system.h"
#include "saving/temporary_name.h"

namespace cairn {

// Files that are no longer wanted and whose room the next ones take: a run that
// saves again and again then neither gives room back to the system nor asks it
// for new, which is most of what the system does for a save. One is kept of
// each kind, an index, a data file, a file "checkpoint" and a lock, under a
// temporary name, so that no reader takes it for a checkpoint and the next
// start clears it if the program is killed. Thread-safe.
class SpareFiles {
 public:
  SpareFiles();
  // Removes what is kept.
  ~SpareFiles();
  SpareFiles(const SpareFiles&) = delete;
  SpareFiles& operator=(const SpareFiles&) = delete;

  // In the place of FileSystem::Remove(), with its errors: afterwards there is
  // no file at `path`. `files` must be there as long as this.
  absl::Status Retire(FileSystem& files, const std::string& path);
  // Keeps a file that lies under its temporary name already, or removes it. If
  // it cannot, the next start does.
  void Keep(FileSystem& files, TemporaryName name);
  // A file at `path` in the room of one of its kind that is kept; as with
  // FileSystem::ReuseFile() its mode is that one's. Null if there is none, or
  // if it cannot be used, as when somebody has it open; there is no file at
  // `path` then.
  std::unique_ptr<WritableFile> Take(FileSystem& files,
                                     const std::string& path);

  // FileSystem::Lock(), with its errors, by the file of a lock that is kept if
  // there is one.
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(FileSystem& files,
                                                 const std::string& path);
  // Ends that lock of `path` and keeps its file.
  void Unlock(FileSystem& files, const std::string& path,
              std::unique_ptr<FileLock> lock);

  // Removes what all of the process keep, for one who finds a disk full. False
  // if that was nothing.
  static bool GiveBackAll();

 private:
  class Registry;

  // Removes what is kept; false if that was nothing.
  bool GiveBack();

  struct Spare {
    FileSystem* files = nullptr;
    TemporaryName name;
  };
  // Held, under a name that nobody asks for.
  struct SpareLock {
    Spare spare;
    std::unique_ptr<FileLock> lock;
  };

  Mutex mutex_;
  std::map<std::string, Spare> spares_ ABSL_GUARDED_BY(mutex_);  // By kind.
  std::optional<SpareLock> lock_ ABSL_GUARDED_BY(mutex_);
};

// `spares`->Retire(), or if that is null `files`.Remove().
absl::Status Retire(SpareFiles* spares, FileSystem& files,
                    const std::string& path);

}  // namespace cairn

#endif  // CAIRN_SAVING_SPARE_FILES_H_
