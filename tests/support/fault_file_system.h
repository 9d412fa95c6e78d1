#ifndef CAIRN_TESTS_SUPPORT_FAULT_FILE_SYSTEM_H_
#define CAIRN_TESTS_SUPPORT_FAULT_FILE_SYSTEM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/base/mutex.h"
#include "core/io/file_system.h"

namespace cairn {

// Files in memory that fail where a test says, and that know what of them a
// power cut would leave.
//
// A file has the content that is seen now and the content that was last synced
// (Sync). A name has the file that is seen under it now and those it stood for
// since its folder was last synced (SyncDirectory). Each of these comes out of
// a power cut on its own, in any order: a rename may last at one of its two
// names, a name may last while the content is lost, and of a content the length
// or the end may last without the beginning. A folder made by CreateDirectories
// lasts.
//
// Every call is counted, from 1, as a mutation (NewWritableFile, ReuseFile,
// Reserve, Append, Sync, Close, Rename, Exchange, CopyMode where there is a
// file to copy it from, Remove, CreateDirectories, SyncDirectory) or as a read.
// To try every fault of some code, let it run once, and then once for each
// number up to mutations().size(). Paths that differ only in "." and slashes
// are one. Folders cannot be renamed, and removed by RemoveFolder() alone.
// Thread-safe.
class FaultFileSystem : public FileSystem {
 public:
  enum class Repeat { kOnce, kFromThenOn };

  FaultFileSystem();

  // A file and its folders as if written and synced long ago. Not counted.
  void Put(const std::string& path, const std::string& content);
  // What is seen now, by path. Not counted.
  std::map<std::string, std::string> Contents() const;
  // What was done or tried so far, such as "Rename run/a.tmp-1 run/a".
  std::vector<std::string> mutations() const;
  int reads() const;
  // How many files were asked to bypass the cache.
  int bypassed() const;
  int64_t bytes_read() const;

  // Mutation or read `number` returns `status` and does nothing. With
  // `half_written` an Append that fails writes half of its bytes, and an
  // Exchange that fails is done, as when the answer of a server is lost.
  void FailMutation(int number, absl::Status status,
                    Repeat repeat = Repeat::kOnce, bool half_written = false);
  void FailRead(int number, absl::Status status, Repeat repeat = Repeat::kOnce);
  // The program or the machine stops after mutation `number`; 0 is at once. All
  // that follows fails and does nothing.
  void StopAfter(int number);
  // A folder and all below it are gone, its locks too, as if somebody had
  // removed them, and stay so after a power cut. Not counted.
  void RemoveFolder(const std::string& path);
  // The same between mutation `number` and the one before it.
  void RemoveFolderBefore(int number, const std::string& path);

  // What a new program finds if this one is killed now: all that is seen, and
  // what is un-synced still is. Nothing is counted yet and nothing fails.
  std::unique_ptr<FaultFileSystem> AfterKill() const;
  // The same if the power is cut now and nothing un-synced is kept, or all is.
  std::unique_ptr<FaultFileSystem> AfterPowerCutLosingAll() const;
  std::unique_ptr<FaultFileSystem> AfterPowerCutKeepingAll() const;
  // How many states each un-synced name and content may be found in. State 0 is
  // the synced one, the last is the one that is seen.
  std::vector<int> PowerCutStates() const;
  // REQUIRES: one choice for each of PowerCutStates(), and below it.
  std::unique_ptr<FaultFileSystem> AfterPowerCut(
      absl::Span<const int> choices) const;
  // Calls `check` with every combination of choices, and a text that names
  // them. Of more than 1000 it takes those in which nothing is kept, or all,
  // but for at most two names or contents, which are in any state.
  void ForEachPowerCut(
      const std::function<void(FaultFileSystem& after,
                               const std::string& choices)>& check) const;

  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(
      const std::string& path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> ReuseFile(
      const std::string& path) override;
  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Exchange(const std::string& one,
                        const std::string& other) override;
  // Modes are not kept.
  absl::Status CopyMode(const std::string& from,
                        const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override;
  absl::StatusOr<bool> Exists(const std::string& path) override;
  absl::Status CreateDirectories(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& path) override;
  // Neither a mutation nor a read, and gone with a kill or a power cut. There
  // is no file that can be seen.
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override;
  // What SetFreeSpace() said last; at first there is no limit.
  absl::StatusOr<FreeSpace> FindFreeSpace(
      const std::string& directory) override;
  void SetFreeSpace(const FreeSpace& space);

 private:
  class HeldLock;
  class OpenForWriting;
  class OpenForReading;

  // What a name stands for.
  struct Entry {
    bool is_folder = false;
    std::string content;
    std::string synced_content;
  };
  // What a name stood for since its folder was synced, and last what it stands
  // for now. Null: nothing.
  using Name = std::vector<std::shared_ptr<Entry>>;

  struct Fault {
    int number = 0;  // 0: none.
    absl::Status status;
    Repeat repeat = Repeat::kOnce;
    bool half_written = false;

    bool Hits(int operation) const {
      return number > 0 &&
             (operation == number ||
              (repeat == Repeat::kFromThenOn && operation > number));
    }
  };

  // Something of which a power cut may leave one of several states.
  struct Unsynced {
    std::string what;
    std::string path;              // Of a name; else empty.
    std::shared_ptr<Entry> entry;  // Of a content; else null.
    std::vector<std::string> contents;
    int states = 0;
  };

  absl::Status CountMutation(const std::string& what)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether an Append that ends in `failure` is to write half.
  bool WritesHalf(const absl::Status& failure) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CountRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Null if there is nothing.
  std::shared_ptr<Entry> Find(const std::string& path) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // NotFound unless the folder of `path` is there.
  absl::Status CheckFolderOf(const std::string& path) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EraseFolder(const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeFolders(const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Unsynced> FindUnsynced() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::unique_ptr<FaultFileSystem> Restart(
      const std::vector<Unsynced>& unsynced,
      absl::Span<const int> choices) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Name> names_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, const HeldLock*> locks_ ABSL_GUARDED_BY(mutex_);
  FreeSpace free_space_ ABSL_GUARDED_BY(mutex_) = {
      .bytes = std::numeric_limits<int64_t>::max(),
      .files = std::numeric_limits<int64_t>::max()};
  std::vector<std::string> mutations_ ABSL_GUARDED_BY(mutex_);
  int reads_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t bytes_read_ ABSL_GUARDED_BY(mutex_) = 0;
  int bypassed_ ABSL_GUARDED_BY(mutex_) = 0;
  Fault mutation_fault_ ABSL_GUARDED_BY(mutex_);
  Fault read_fault_ ABSL_GUARDED_BY(mutex_);
  int stop_after_ ABSL_GUARDED_BY(mutex_) = -1;      // -1: never.
  int vanishes_before_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: never.
  std::string vanishing_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_FAULT_FILE_SYSTEM_H_
