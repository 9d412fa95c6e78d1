#ifndef CAIRN_SAVING_TEMPORARY_NAME_H_
#define CAIRN_SAVING_TEMPORARY_NAME_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/io/file_system.h"
#include "saving/path_claim.h"

namespace cairn {

// The name of a file that is not in its place yet, or no longer:
// "<path>.tmp-<n>", where n begins with the process id and has a random number
// behind it, as containers that share a folder may have processes of one id.
// While this lives no other thread of the process takes the same.
class TemporaryName {
 public:
  TemporaryName() = default;  // None.
  // For a file that will be, or was, at `path`.
  static TemporaryName Take(const FileSystem& files, const std::string& path);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::unique_ptr<PathClaim> claim_;
};

// What a temporary name has behind the name of the file, before a number.
inline constexpr char kTemporaryMark[] = ".tmp-";

// Whether a file's name is such a one: "x.tmp-12".
bool IsTemporaryName(const std::string& name);

// Removes what a killed program left in `directory` under temporary names that
// begin with `name_prefix`. A folder that does not exist is fine. Returns the
// names removed.
absl::StatusOr<std::vector<std::string>> RemoveLeftovers(
    FileSystem& files, const std::string& directory,
    const std::string& name_prefix = "");

}  // namespace cairn

#endif  // CAIRN_SAVING_TEMPORARY_NAME_H_
