#include "core/io/posix_writable_file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/io/system_call.h"

namespace cairn {
namespace {

// As much is gathered before it is written, and so much is written from where
// it is: a call to the device costs as much as to copy some ten pages.
constexpr size_t kGatherUpTo = 64 * kDirectAlignment;
constexpr size_t kLeastWritten = 16 * kDirectAlignment;

bool IsOnPage(const std::byte* place) {
  return reinterpret_cast<uintptr_t>(place) % kDirectAlignment == 0;
}

}  // namespace

PosixWritableFile::PosixWritableFile(std::string path, int descriptor,
                                     bool is_reused)
    : path_(std::move(path)), descriptor_(descriptor), is_reused_(is_reused) {}

PosixWritableFile::~PosixWritableFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void PosixWritableFile::BypassCache() {
  if (!SetDirect(true)) return;
  void* pages = nullptr;
  if (::posix_memalign(&pages, kDirectAlignment, kGatherUpTo) == 0) {
    gathered_.reset(static_cast<std::byte*>(pages));
  } else {
    SetDirect(false);
  }
}

absl::Status PosixWritableFile::Append(absl::Span<const std::byte> bytes) {
  if (gathered_ == nullptr) return Write(bytes);
  return AppendAll({bytes});
}

absl::Status PosixWritableFile::AppendAll(
    absl::Span<const absl::Span<const std::byte>> parts) {
  if (gathered_ == nullptr) return WritableFile::AppendAll(parts);
  Pages pages;
  for (const absl::Span<const std::byte> part : parts) {
    CAIRN_RETURN_IF_ERROR(AddPages(part, pages));
  }
  return pages.empty() ? absl::OkStatus() : WritePages(pages);
}

absl::Status PosixWritableFile::AddPages(absl::Span<const std::byte> bytes,
                                         Pages& pages) {
  const auto note_gathered = [&] {
    if (gathered_size_ > noted_) {
      pages.push_back({gathered_.get() + noted_, gathered_size_ - noted_});
      noted_ = gathered_size_;
    }
  };
  while (!bytes.empty()) {
    const size_t in_pages = bytes.size() - bytes.size() % kDirectAlignment;
    if (in_pages >= kLeastWritten && IsOnPage(bytes.data()) &&
        gathered_size_ % kDirectAlignment == 0) {
      note_gathered();
      pages.push_back(bytes.subspan(0, in_pages));
      bytes.remove_prefix(in_pages);
      continue;
    }
    const size_t size = std::min(bytes.size(), kGatherUpTo - gathered_size_);
    std::memcpy(gathered_.get() + gathered_size_, bytes.data(), size);
    gathered_size_ += size;
    bytes.remove_prefix(size);
    if (gathered_size_ == kGatherUpTo) {
      note_gathered();
      CAIRN_RETURN_IF_ERROR(WritePages(pages));
    }
  }
  return absl::OkStatus();
}

absl::Status PosixWritableFile::WritePages(Pages& pages) {
  absl::Span<absl::Span<const std::byte>> rest = absl::MakeSpan(pages);
  std::vector<struct iovec> parts;
  while (!rest.empty()) {
    parts.clear();
    for (const absl::Span<const std::byte> part : rest.subspan(0, IOV_MAX)) {
      parts.push_back({const_cast<std::byte*>(part.data()), part.size()});
    }
    const ssize_t result = Uninterrupted([&] {
      return ::writev(descriptor_, parts.data(),
                      static_cast<int>(parts.size()));
    });
    // Here it cannot be done so after all, or not from where the call has
    // ended.
    const bool is_refused = result < 0 && errno == EINVAL && is_direct_;
    if (result < 0 && !is_refused) return SystemError(path_, "write", errno);
    size_t written = is_refused ? 0 : static_cast<size_t>(result);
    if (is_refused || written % kDirectAlignment != 0) SetDirect(false);
    while (!rest.empty() && written >= rest[0].size()) {
      written -= rest[0].size();
      rest.remove_prefix(1);
    }
    if (!rest.empty()) rest[0].remove_prefix(written);
  }
  pages.clear();
  gathered_size_ -= noted_;
  std::memmove(gathered_.get(), gathered_.get() + std::exchange(noted_, 0),
               gathered_size_);
  return absl::OkStatus();
}

absl::Status PosixWritableFile::Write(absl::Span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = Uninterrupted(
        [&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
    if (written < 0) return SystemError(path_, "write", errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

bool PosixWritableFile::SetDirect(bool direct) {
  const int flags = ::fcntl(descriptor_, F_GETFL);
  const bool is_set =
      flags >= 0 && ::fcntl(descriptor_, F_SETFL,
                            direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
  is_direct_ = direct && is_set;
  return is_set;
}

absl::Status PosixWritableFile::EndBypass() {
  if (gathered_ == nullptr) return absl::OkStatus();
  // The end is no whole page.
  SetDirect(false);
  const auto gathered = std::exchange(gathered_, nullptr);
  return Write(
      absl::MakeConstSpan(gathered.get(), std::exchange(gathered_size_, 0)));
}

absl::Status PosixWritableFile::CutAtEnd() {
  const off_t end = ::lseek(descriptor_, 0, SEEK_CUR);
  bool is_longer = end < std::exchange(reserved_end_, 0);
  if (is_reused_) {
    struct stat entry;
    if (::fstat(descriptor_, &entry) != 0) {
      return SystemError(path_, "look up the size", errno);
    }
    is_longer = is_longer || entry.st_size > end;
  }
  if (!is_longer || ::ftruncate(descriptor_, end) == 0) return absl::OkStatus();
  // What was set aside and is not used is lost to others as long as the file is
  // there. That is no more than a pity.
  if (!is_reused_) return absl::OkStatus();
  return SystemError(path_, "cut", errno);
}

void PosixWritableFile::BeginSync() {
  ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
}

absl::Status PosixWritableFile::Sync() {
  CAIRN_RETURN_IF_ERROR(EndBypass());
  CAIRN_RETURN_IF_ERROR(CutAtEnd());
  // All that it takes to read the bytes again, its size too, but not the time
  // of the write: a file that is reused then costs the file system no record.
  if (Uninterrupted([&] { return ::fdatasync(descriptor_); }) != 0) {
    return SystemError(path_, "sync", errno);
  }
  return absl::OkStatus();
}

absl::Status PosixWritableFile::Reserve(int64_t bytes) {
  if (bytes <= 0) return absl::OkStatus();
  const off_t end = ::lseek(descriptor_, 0, SEEK_CUR);
  struct statvfs disk = {};
  struct stat own = {};
  const bool is_known = ::fstatvfs(descriptor_, &disk) == 0 &&
                        ::fstat(descriptor_, &own) == 0 && disk.f_blocks > 0;
  const int64_t most =
      static_cast<int64_t>(disk.f_bfree) * static_cast<int64_t>(disk.f_frsize) +
      std::max<int64_t>(0, int64_t{512} * own.st_blocks - end);
  // Some file systems give all they have before they find that it is not
  // enough, and others would find the disk full meanwhile.
  int error = is_known && bytes > most ? ENOSPC : 0;
  if (error == 0 && Uninterrupted([&] {
                      return ::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, end,
                                         bytes);
                    }) != 0) {
    error = errno;
  }
  if (error == 0) reserved_end_ = end + bytes;
  if (error != ENOSPC && error != EDQUOT) return absl::OkStatus();
  const absl::Status status = SystemError(
      path_,
      absl::StrCat("write ", bytes, " bytes, ", FreeBytes(disk), " are free"),
      error);
  // What was given; the error says more than one of this.
  (void)!::ftruncate(descriptor_, end);
  return status;
}

absl::Status PosixWritableFile::Close() {
  absl::Status status = EndBypass();
  if (status.ok()) status = CutAtEnd();
  if (::close(std::exchange(descriptor_, -1)) != 0 && status.ok()) {
    status = SystemError(path_, "close", errno);
  }
  return status;
}

}  // namespace cairn
