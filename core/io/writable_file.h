#ifndef CAIRN_CORE_IO_WRITABLE_FILE_H_
#define CAIRN_CORE_IO_WRITABLE_FILE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace cairn {

// Where what WritableFile::BypassCache() writes begins and ends at best: a
// page.
inline constexpr size_t kDirectAlignment = 4096;

// A file being written from front to back. Not thread-safe. Destroying one that
// is open closes it and drops any error, and what was gathered: call Close().
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  // Adds all of `bytes` at the end. Buffers nothing, unless BypassCache()
  // was called: a full disk shows here.
  virtual absl::Status Append(absl::Span<const std::byte> bytes) = 0;
  // Adds each of `parts`, one behind the other. Where the cache is bypassed
  // they go to the device together, those of many pages from where they are.
  virtual absl::Status AppendAll(
      absl::Span<const absl::Span<const std::byte>> parts) {
    for (const absl::Span<const std::byte> part : parts) {
      const absl::Status status = Append(part);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  // What is appended goes to the device past the system's memory, where the
  // file system can do that: it spares the processor a copy and the memory what
  // nobody will read, and whoever does reads it from the device. What begins on
  // a multiple of kDirectAlignment, in memory and in the file, goes from where
  // it is; the rest is gathered, and its errors may come from a later call. A
  // hint, given before anything is appended.
  virtual void BypassCache() {}
  // Begins to write out what was appended, so that a later Sync() has less to
  // wait for. A hint: an error is left to Sync().
  virtual void BeginSync() {}
  // Returns once everything appended would outlive a power cut.
  virtual absl::Status Sync() = 0;
  virtual absl::Status Close() = 0;
  // Sets space aside for `bytes` more, so that a full disk shows before
  // anything is written: ResourceExhausted with the bytes wanted and free. The
  // file does not grow. OK where a file system cannot do it.
  virtual absl::Status Reserve(int64_t bytes) = 0;
};

}  // namespace cairn

#endif  // CAIRN_CORE_IO_WRITABLE_FILE_H_
