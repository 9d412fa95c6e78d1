#include "core/io/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/log.h"
#include "core/base/start_thread.h"
#include "core/base/status_macros.h"
#include "core/io/posix_writable_file.h"
#include "core/io/system_call.h"

namespace cairn {
namespace {

int Open(const std::string& path, int flags) {
  return Uninterrupted(
      [&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
}

// Whether a lease on a file of this file system speaks of all who see it. One
// that other machines share knows of its own alone, and one that is laid over
// another (of a container, say) not of who has mapped a file.
bool KnowsWhoHasItOpen(int descriptor) {
  struct statfs entry;
  if (::fstatfs(descriptor, &entry) != 0) return false;
  constexpr uint64_t kExt = 0xEF53, kXfs = 0x58465342, kF2fs = 0xF2F52010,
                     kTmpfs = 0x01021994;
  const auto type = static_cast<uint64_t>(entry.f_type);
  return type == kExt || type == kXfs || type == kF2fs || type == kTmpfs;
}

// Whether nobody else has it open, which a lease shows that is given up at
// once.
bool IsOpenHereAlone(int descriptor) {
  if (!KnowsWhoHasItOpen(descriptor)) return false;
  // Who opens it in just this moment is reported by a signal. The usual one
  // would end the process; this one nobody notices who does not ask for it.
  if (::fcntl(descriptor, F_SETSIG, SIGURG) != 0 ||
      ::fcntl(descriptor, F_SETLEASE, F_WRLCK) != 0) {
    return false;
  }
  ::fcntl(descriptor, F_SETLEASE, F_UNLCK);
  return true;
}

class PosixRandomAccessFile : public RandomAccessFile {
 public:
  PosixRandomAccessFile(std::string path, int descriptor, int64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}
  ~PosixRandomAccessFile() override { ::close(descriptor_); }

  int64_t size() const override { return size_; }

  void DropCache() const override {
    ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
  }

  absl::Status Read(int64_t offset,
                    absl::Span<std::byte> destination) const override {
    const int64_t wanted = static_cast<int64_t>(destination.size());
    bool ended = offset < 0 || offset > size_ || wanted > size_ - offset;
    int64_t done = 0;
    while (!ended && done < wanted) {
      const ssize_t count = Uninterrupted([&] {
        return ::pread(descriptor_, destination.data() + done,
                       static_cast<size_t>(wanted - done), offset + done);
      });
      if (count < 0) return SystemError(path_, "read", errno);
      // Someone has cut the file since it was opened.
      ended = count == 0;
      done += count;
    }
    if (ended) {
      return absl::DataLossError(absl::StrCat(
          "\"", path_, "\": cannot read ", wanted, " bytes from offset ",
          offset, ": the file had ", size_, " when it was opened"));
    }
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const int descriptor_;
  const int64_t size_;
};

// Whether `descriptor` is of the file that is called `path` now.
bool IsCalled(int descriptor, const std::string& path) {
  struct stat open, called;
  return ::fstat(descriptor, &open) == 0 &&
         ::stat(path.c_str(), &called) == 0 && open.st_dev == called.st_dev &&
         open.st_ino == called.st_ino;
}

// A file that is locked; the lock goes with the descriptor, so that the end of
// the process releases it.
class PosixFileLock : public FileLock {
 public:
  PosixFileLock(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}
  ~PosixFileLock() override {
    if (descriptor_ < 0) return;
    // While it is held. Where somebody has removed the file, the one of that
    // name now may be another's.
    if (IsCalled(descriptor_, path_)) ::unlink(path_.c_str());
    ::close(descriptor_);
  }

  bool IsInPlace() const override { return IsCalled(descriptor_, path_); }

  bool MoveTo(const std::string& path) override {
    if (!IsInPlace() || ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD,
                                    path.c_str(), RENAME_NOREPLACE) != 0) {
      return false;
    }
    // Not if somebody has put another file in its place between the two.
    if (!IsCalled(descriptor_, path)) return false;
    path_ = path;
    return true;
  }

  // Closes the file and leaves it: it is another's.
  void Abandon() { ::close(std::exchange(descriptor_, -1)); }

 private:
  std::string path_;
  int descriptor_;
};

class PosixFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(
      const std::string& path) override {
    const int descriptor = Open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (descriptor < 0) return SystemError(path, "open for writing", errno);
    return std::make_unique<PosixWritableFile>(path, descriptor,
                                               /*is_reused=*/false);
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> ReuseFile(
      const std::string& path) override {
    const int descriptor = Open(path, O_WRONLY | O_NOFOLLOW);
    if (descriptor < 0) return SystemError(path, "open for writing", errno);
    auto file = std::make_unique<PosixWritableFile>(path, descriptor,
                                                    /*is_reused=*/true);
    struct stat entry;
    if (::fstat(descriptor, &entry) != 0) {
      return SystemError(path, "look up", errno);
    }
    if (!S_ISREG(entry.st_mode) || entry.st_nlink != 1 ||
        !IsOpenHereAlone(descriptor)) {
      return absl::FailedPreconditionError(
          absl::StrCat("\"", path,
                       "\": it may be in use: it is open elsewhere, has "
                       "another name too, or this file system cannot tell"));
    }
    return file;
  }

  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override {
    const int descriptor = Open(path, O_RDONLY);
    if (descriptor < 0) return SystemError(path, "open", errno);
    struct stat entry;
    int error = ::fstat(descriptor, &entry) != 0 ? errno : 0;
    if (error == 0 && S_ISDIR(entry.st_mode)) error = EISDIR;
    if (error != 0) {
      ::close(descriptor);
      return SystemError(path, "open", error);
    }
    return std::make_unique<PosixRandomAccessFile>(path, descriptor,
                                                   entry.st_size);
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      const int error = errno;
      return SystemError(from, absl::StrCat("rename to \"", to, "\""), error);
    }
    return absl::OkStatus();
  }

  absl::Status Exchange(const std::string& one,
                        const std::string& other) override {
    // The system would do it with folders too.
    const bool are_files = !IsFolder(one) && !IsFolder(other);
    if (are_files && ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(),
                                 RENAME_EXCHANGE) == 0) {
      return absl::OkStatus();
    }
    const int error = are_files ? errno : EISDIR;
    const absl::Status status =
        SystemError(one, absl::StrCat("exchange with \"", other, "\""), error);
    const bool is_refused = error == EISDIR || error == EINVAL ||
                            error == ENOSYS || error == EOPNOTSUPP ||
                            error == EXDEV || error == EPERM;
    return is_refused ? absl::UnimplementedError(status.message()) : status;
  }

  absl::Status CopyMode(const std::string& from,
                        const std::string& to) override {
    struct stat entry, now;
    if (::stat(from.c_str(), &entry) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return absl::OkStatus();
      return SystemError(from, "look up the mode", errno);
    }
    if (::stat(to.c_str(), &now) == 0 && now.st_mode == entry.st_mode &&
        now.st_uid == entry.st_uid && now.st_gid == entry.st_gid) {
      return absl::OkStatus();
    }
    // An owner may give a file to a group of his, and the administrator to
    // anyone. Before the mode, of which a change of owner clears bits.
    if (::chown(to.c_str(), entry.st_uid, entry.st_gid) != 0) {
      (void)!::chown(to.c_str(), static_cast<uid_t>(-1), entry.st_gid);
    }
    if (::chmod(to.c_str(), entry.st_mode & 07777) != 0 && errno != EPERM &&
        errno != ENOTSUP && errno != ENOSYS) {
      return SystemError(to, "set the mode", errno);
    }
    return absl::OkStatus();
  }

  absl::Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return SystemError(path, "remove", errno);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override {
    DIR* const stream = ::opendir(directory.c_str());
    if (stream == nullptr) return SystemError(directory, "list", errno);
    std::vector<std::string> names;
    // A null entry is the end, or an error if it sets errno.
    errno = 0;
    while (const dirent* const entry = ::readdir(stream)) {
      const absl::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0) return SystemError(directory, "list", error);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::StatusOr<bool> Exists(const std::string& path) override {
    struct stat entry;
    if (::stat(path.c_str(), &entry) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return SystemError(path, "look up", errno);
  }

  absl::Status CreateDirectories(const std::string& path) override {
    // Behind a last slash there is no name, and the parent would be `path`.
    const size_t end = path.find_last_not_of('/');
    const std::string folder = path.substr(0, end + 1);
    if (folder.empty() || IsFolder(folder)) return absl::OkStatus();
    const std::string parent = DirectoryOf(folder);
    CAIRN_RETURN_IF_ERROR(CreateDirectories(parent));
    if (::mkdir(folder.c_str(), 0777) != 0) {
      const int error = errno;
      // Another process may have been faster.
      if (IsFolder(folder)) return absl::OkStatus();
      return SystemError(folder, "create the folder", error);
    }
    return SyncDirectory(parent);
  }

  // One after another each would wait for the file system's journal.
  absl::Status SyncFiles(absl::Span<WritableFile* const> files) override {
    constexpr size_t kMostAtOnce = 8;
    const size_t lanes = std::min(files.size(), kMostAtOnce);
    std::vector<absl::Status> results(files.size());
    const auto sync_lane = [&results, &files, lanes](size_t lane) {
      for (size_t i = lane; i < files.size(); i += lanes) {
        results[i] = files[i]->Sync();
      }
    };
    std::vector<std::thread> threads;
    for (size_t lane = 1; lane < lanes; ++lane) {
      threads.push_back(StartThread([&sync_lane, lane] { sync_lane(lane); }));
    }
    if (lanes > 0) sync_lane(0);
    for (std::thread& thread : threads) thread.join();
    for (const absl::Status& result : results) CAIRN_RETURN_IF_ERROR(result);
    return absl::OkStatus();
  }

  absl::Status SyncDirectory(const std::string& path) override {
    const int descriptor = Open(path, O_RDONLY | O_DIRECTORY);
    if (descriptor < 0) return SystemError(path, "open", errno);
    const int result = Uninterrupted([&] { return ::fsync(descriptor); });
    const int error = result != 0 ? errno : 0;
    ::close(descriptor);
    // Some file systems cannot sync a folder. There is no more to be done.
    if (error == 0 || error == EINVAL || error == ENOTSUP) {
      return absl::OkStatus();
    }
    return SystemError(path, "sync", error);
  }

  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override {
    for (;;) {
      int descriptor = Open(path, O_RDWR | O_CREAT);
      // Another user's, whose process may hold it or have left it; or the
      // folder may not be written and has none.
      const bool is_foreign = descriptor < 0 && errno == EACCES;
      if (is_foreign) {
        descriptor = Open(path, O_RDONLY);
        if (descriptor < 0) return CannotOpenLock(path, EACCES);
      }
      if (descriptor < 0) return CannotOpenLock(path, errno);
      auto lock = std::make_unique<PosixFileLock>(path, descriptor);
      if (Uninterrupted(
              [&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) != 0) {
        const int error = errno;
        if (error == EWOULDBLOCK) {
          const absl::Status held = HeldBy(path, descriptor);
          lock->Abandon();
          return held;
        }
        if (error != ENOLCK && error != ENOTSUP && error != EINVAL) {
          // It may be another's.
          lock->Abandon();
          return SystemError(path, "lock", error);
        }
        static std::atomic<bool> warned = false;
        if (!warned.exchange(true)) {
          LogWarning(absl::StrCat("\"", path,
                                  "\": this file system has no locks, "
                                  "so nothing keeps another program from "
                                  "writing here at the same time"));
        }
        return lock;
      }
      // Between the two calls the one who held it may have removed the file.
      if (!IsCalled(descriptor, path)) {
        lock->Abandon();
        continue;
      }
      if (is_foreign) {
        // Nobody holds it, so one of this user's takes its place. Where it may
        // not be removed it locks as well, but names the wrong process.
        if (::unlink(path.c_str()) != 0) return lock;
        lock->Abandon();
        continue;
      }
      const std::string self = absl::StrCat(::getpid(), "\n");
      // In this order: ext4 writes a file that was cut to nothing out to the
      // device when it is closed, which takes ten times as long as the rest.
      if (::pwrite(descriptor, self.data(), self.size(), 0) < 0 ||
          ::ftruncate(descriptor, static_cast<off_t>(self.size())) != 0) {
        return SystemError(path, "write", errno);
      }
      return lock;
    }
  }

  absl::StatusOr<FreeSpace> FindFreeSpace(
      const std::string& directory) override {
    struct statvfs entry;
    if (::statvfs(directory.c_str(), &entry) != 0) {
      return SystemError(directory, "look up the free space", errno);
    }
    return FreeSpace{.bytes = FreeBytes(entry),
                     // Some have no limit and count none.
                     .files = entry.f_files == 0
                                  ? std::numeric_limits<int64_t>::max()
                                  : static_cast<int64_t>(entry.f_favail)};
  }

 private:
  static absl::Status CannotOpenLock(const std::string& path, int error) {
    const absl::Status status = SystemError(path, "open the lock", error);
    if (error != EACCES || ::access(path.c_str(), F_OK) != 0) return status;
    return absl::Status(
        status.code(),
        absl::StrCat(status.message(),
                     "; it is another user's: if no program of theirs writes "
                     "there, remove the file, or choose another place"));
  }

  static absl::Status HeldBy(const std::string& path, int descriptor) {
    char text[32] = {};
    const ssize_t count = ::pread(descriptor, text, sizeof text - 1, 0);
    absl::string_view process(text, count > 0 ? static_cast<size_t>(count) : 0);
    process = absl::StripAsciiWhitespace(process);
    return absl::FailedPreconditionError(absl::StrCat(
        "\"", path, "\": process ", process.empty() ? "unknown" : process,
        process == absl::StrCat(::getpid()) ? ", which is this one," : "",
        " writes there now; wait for it, or choose another place"));
  }

  static bool IsFolder(const std::string& path) {
    struct stat entry;
    return ::stat(path.c_str(), &entry) == 0 && S_ISDIR(entry.st_mode);
  }
};

}  // namespace

absl::Status FileSystem::SyncFiles(absl::Span<WritableFile* const> files) {
  for (WritableFile* const file : files) CAIRN_RETURN_IF_ERROR(file->Sync());
  return absl::OkStatus();
}

FileSystem& FileSystem::Default() {
  static PosixFileSystem files;
  return files;
}

absl::StatusOr<std::string> ReadFile(FileSystem& files, const std::string& path,
                                     int64_t limit) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file,
                         files.NewRandomAccessFile(path));
  if (file->size() > limit) {
    return absl::ResourceExhaustedError(
        absl::StrCat("\"", path, "\": the file has ", file->size(),
                     " bytes; at most ", limit, " are expected here"));
  }
  std::string content(static_cast<size_t>(file->size()), '\0');
  CAIRN_RETURN_IF_ERROR(
      file->Read(0, absl::MakeSpan(reinterpret_cast<std::byte*>(content.data()),
                                   content.size())));
  return content;
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  const size_t end = path.find_last_not_of('/', slash);
  return end == std::string::npos ? "/" : path.substr(0, end + 1);
}

std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string JoinPath(const std::string& directory, const std::string& name) {
  if (directory.empty() || (!name.empty() && name.front() == '/')) return name;
  return absl::StrCat(directory, directory.back() == '/' ? "" : "/", name);
}

}  // namespace cairn
