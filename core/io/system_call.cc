#include "core/io/system_call.h"

#include "absl/strings/str_cat.h"

namespace cairn {

absl::Status SystemError(const std::string& path, absl::string_view action,
                         int error) {
  const absl::Status status = absl::ErrnoToStatus(
      error, absl::StrCat("\"", path, "\": cannot ", action));
  absl::StatusCode code = status.code();
  switch (code) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable:
      break;
    default:
      code = absl::StatusCode::kInternal;
  }
  // A limit on the size of files is as good as a full disk.
  if (error == EFBIG) code = absl::StatusCode::kResourceExhausted;
  // A file in the place of a parent folder: nothing can be below it.
  if (error == ENOTDIR) code = absl::StatusCode::kNotFound;
  // The device, or a server behind it, does not answer as it should.
  if (error == EIO || error == ESTALE || error == ETIMEDOUT) {
    code = absl::StatusCode::kUnavailable;
  }
  return absl::Status(code, status.message());
}

}  // namespace cairn
