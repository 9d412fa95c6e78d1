#ifndef CAIRN_CORE_IO_POSIX_WRITABLE_FILE_H_
#define CAIRN_CORE_IO_POSIX_WRITABLE_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

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
  absl::Status AppendAll(
      absl::Span<const absl::Span<const std::byte>> parts) override;
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

  // Whole pages that are to be written one behind the other.
  using Pages = std::vector<absl::Span<const std::byte>>;

  // Notes in `pages` what goes from where it is, and gathers the rest; writes
  // all once no more can be gathered.
  absl::Status AddPages(absl::Span<const std::byte> bytes, Pages& pages);
  // Writes them, while the cache is bypassed, and forgets what of them was
  // gathered.
  absl::Status WritePages(Pages& pages);
  absl::Status Write(absl::Span<const std::byte> bytes);
  // Says to the system whether the cache is bypassed. False if it refuses.
  bool SetDirect(bool direct);
  // Writes what was gathered. From then on nothing is bypassed.
  absl::Status EndBypass();
  // Cuts off what is behind the last byte written.
  absl::Status CutAtEnd();

  const std::string path_;
  int descriptor_;
  const bool is_reused_;
  off_t reserved_end_ = 0;
  bool is_direct_ = false;  // As the system was told.
  // Null unless the cache is bypassed. Of what was gathered, which begins on a
  // page of the file, the first `noted_` bytes are in the pages to be written.
  std::unique_ptr<std::byte[], FreePages> gathered_;
  size_t gathered_size_ = 0, noted_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CORE_IO_POSIX_WRITABLE_FILE_H_
