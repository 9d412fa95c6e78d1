#include "benchmarks/raw_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/io/file_system.h"

namespace cairn {
namespace {

absl::Status Failed(const char* what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path));
}

absl::Status SyncPath(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failed("open", path);
  const bool synced = fsync(file) == 0;
  const absl::Status status = synced ? absl::OkStatus() : Failed("sync", path);
  close(file);
  return status;
}

}  // namespace

absl::Status RawState::Write(const std::string& path) {
  const std::string temporary = absl::StrCat(path, ".tmp");
  file_ =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file_ < 0) return Failed("make", temporary);
  for (size_t done = 0; done < from_.size();) {
    const ssize_t count =
        write(file_, from_.data() + done, from_.size() - done);
    if (count <= 0) return Failed("write", temporary);
    done += static_cast<size_t>(count);
  }
  return absl::OkStatus();
}

absl::Status RawState::Commit(const std::string& path) {
  const std::string temporary = absl::StrCat(path, ".tmp");
  if (fsync(file_) != 0) return Failed("sync", temporary);
  if (close(file_) != 0) return Failed("close", temporary);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    return Failed("rename", temporary);
  }
  return SyncPath(DirectoryOf(path));
}

absl::Status RawState::Read(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failed("open", path);
  for (size_t done = 0; done < to_.size();) {
    const ssize_t count = read(file, to_.data() + done, to_.size() - done);
    if (count <= 0) {
      close(file);
      return Failed("read", path);
    }
    done += static_cast<size_t>(count);
  }
  close(file);
  return absl::OkStatus();
}

void RawState::Copy() { std::memcpy(to_.data(), from_.data(), from_.size()); }

absl::Status SyncFilesIn(const std::string& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CAIRN_RETURN_IF_ERROR(SyncPath(entry.path().string()));
  }
  return SyncPath(folder);
}

}  // namespace cairn
