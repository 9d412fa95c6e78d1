#ifndef CAIRN_CORE_IO_SYSTEM_CALL_H_
#define CAIRN_CORE_IO_SYSTEM_CALL_H_

#include <sys/statvfs.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cairn {

// What the calls of the operating system on files have in common.

// The error of a call on `path` that set errno to `error`. `action` goes on
// after "cannot".
absl::Status SystemError(const std::string& path, absl::string_view action,
                         int error);

// Repeats a call that a signal has interrupted before it did anything.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// How many bytes are free in the file system that a call has described. What
// only the administrator may use is not counted.
inline int64_t FreeBytes(const struct statvfs& entry) {
  return static_cast<int64_t>(entry.f_bavail) *
         static_cast<int64_t>(entry.f_frsize);
}

}  // namespace cairn

#endif  // CAIRN_CORE_IO_SYSTEM_CALL_H_
