#ifndef CAIRN_CORE_IO_POSIX_WRITABLE_FILE_H_
#define CAIRN_CORE_IO_POSIX_WRITABLE_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/io/writable_file.h"

namespace cairn {

// A file of the operating system.
class PosixWritableFile : public WritableFile {
 public:
  // Owns `descriptor`, which stands at the beginning. `is_reused`: there may be
  // something in the file that is no part of it any more.
  PosixWritableFile(std::string path, int descriptor, bool is_reused);
  ~PosixWritableFile() override;

  void BypassCache() override;
  absl::Status Append(absl::Span<const std::byte> bytes) override;
  void BeginSync() override;
  absl::Status Sync() override;
  absl::Status Reserve(int64_t bytes) override;
  // Not repeated when interrupted: the descriptor is gone either way and may
  // already be another thread's.
  absl::Status Close() override;

 private:
  struct FreePages {
    void operator()(std::byte* pages) const { std::free(pages); }
  };

  // Writes what was gathered and `pages` behind it, whole pages both, while the
  // cache is bypassed.
  absl::Status WritePages(absl::Span<const std::byte> pages);
  absl::Status Write(absl::Span<const std::byte> bytes);
  // Whether the file is now one whose cache is bypassed, or is not.
  bool SetDirect(bool direct);
  // Writes what was gathered. From then on nothing is bypassed.
  absl::Status EndBypass();
  // Cuts off what is behind the last byte written.
  absl::Status CutAtEnd();

  const std::string path_;
  int descriptor_;
  const bool is_reused_;
  off_t reserved_end_ = 0;
  // Null unless the cache is bypassed. What is gathered begins on a page of the
  // file.
  std::unique_ptr<std::byte[], FreePages> gathered_;
  size_t gathered_size_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CORE_IO_POSIX_WRITABLE_FILE_H_
