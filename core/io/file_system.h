#ifndef CAIRN_CORE_IO_FILE_SYSTEM_H_
#define CAIRN_CORE_IO_FILE_SYSTEM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/io/writable_file.h"

namespace cairn {

// Held from FileSystem::Lock() until it is destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
  // Whether its file still is where it was made, or moved to. Where somebody
  // has removed or replaced it the lock keeps nobody out any more.
  virtual bool IsInPlace() const = 0;
  // Gives its file another name, which it locks from then on in the place of
  // the old one. False, and the other name is not locked, if there is a file of
  // that name already, its own is not in place, or the system cannot do so in
  // one step.
  virtual bool MoveTo(const std::string& path) = 0;
};

// What a file system has left for this process.
struct FreeSpace {
  int64_t bytes = 0;
  int64_t files = 0;  // How many more files there may be.
};

// A file that can be read at any place. Thread-safe.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  // In bytes, when it was opened.
  virtual int64_t size() const = 0;
  // Fills `destination` from `offset` on. DataLoss with path and offset if the
  // file ends before.
  virtual absl::Status Read(int64_t offset,
                            absl::Span<std::byte> destination) const = 0;
  // Makes the system forget what it holds of the file in memory, so that what
  // is read next comes from the device. A hint.
  virtual void DropCache() const {}
};

// The operating system's files, or a stand-in for them: tests fail each
// operation in turn. Thread-safe. Errors name the path and what the system
// said: NotFound, PermissionDenied, ResourceExhausted for a full disk, else
// Unavailable or Internal.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // The process's own. It has no state.
  static FileSystem& Default();

  // Makes the file, or empties the one that is there.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(
      const std::string& path) = 0;
  // Opens a file that is there to be written from its beginning, into the room
  // that it has: the system need not find any, which is most of what writing a
  // file of megabytes costs it. What is behind the last byte written is cut off
  // when it is synced or closed. It keeps its mode. FailedPrecondition if
  // anybody would see what becomes of it: it is open elsewhere, in this program
  // or another, or it has another name too, or the system cannot tell.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> ReuseFile(
      const std::string& path) = 0;
  virtual absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) = 0;
  // Replaces `to` if it is there, in one step.
  virtual absl::Status Rename(const std::string& from,
                              const std::string& to) = 0;
  // Gives each of two files the name of the other, in one step. NotFound if one
  // is not there, and Unimplemented if it cannot be done to these or in this
  // file system; nothing is done then. After another error it may have been.
  virtual absl::Status Exchange(const std::string& one,
                                const std::string& other) = 0;
  // Gives the file `to` the mode of `from`, and its owner and group as far as
  // the process may. OK if `from` is not there, or the file system has no
  // modes.
  virtual absl::Status CopyMode(const std::string& from,
                                const std::string& to) = 0;
  // Removes a file. NotFound if it is not there.
  virtual absl::Status Remove(const std::string& path) = 0;
  // The names in a folder, sorted, without "." and "..".
  virtual absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) = 0;
  // Whether there is a file or a folder of that name.
  virtual absl::StatusOr<bool> Exists(const std::string& path) = 0;
  // Makes a folder and its parents; OK if it is there. What it has made would
  // outlive a power cut.
  virtual absl::Status CreateDirectories(const std::string& path) = 0;
  // Syncs each file as WritableFile::Sync() does, all at the same time where
  // that is faster. Returns when all are done, with the first error.
  virtual absl::Status SyncFiles(absl::Span<WritableFile* const> files);
  // Returns once the names in the folder would outlive a power cut.
  virtual absl::Status SyncDirectory(const std::string& path) = 0;
  // Locks by a file of this name, which is there while the lock is held and not
  // moved. FailedPrecondition, naming the process, if it is held already, in
  // this process or another. A process that ends releases its locks, however it
  // ends. A file system without locks gives one that keeps nobody out, and the
  // process a warning, once.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) = 0;
  // Of the file system that `directory` lies in.
  virtual absl::StatusOr<FreeSpace> FindFreeSpace(
      const std::string& directory) = 0;
};

// The whole content of a small file. ResourceExhausted, and nothing read, if it
// has more than `limit` bytes.
absl::StatusOr<std::string> ReadFile(FileSystem& files, const std::string& path,
                                     int64_t limit = int64_t{1} << 20);

// The folder part of a path, "." if it has none; and what is behind its last
// slash.
std::string DirectoryOf(const std::string& path);
std::string BaseName(const std::string& path);
// `name` below `directory`; `name` itself if it is absolute.
std::string JoinPath(const std::string& directory, const std::string& name);

}  // namespace cairn

#endif  // CAIRN_CORE_IO_FILE_SYSTEM_H_
