#include "saving/temporary_name.h"

#include <unistd.h>

#include <cstdint>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

// Keeps this process apart from all that may use the same folder. Each
// container has a process of the id 1, hence the number behind it.
std::string ProcessNumber() {
  static const uint32_t number = std::random_device()();
  return absl::StrCat(::getpid(), absl::Dec(number, absl::kZeroPad10));
}

}  // namespace

TemporaryName TemporaryName::Take(const FileSystem& files,
                                  const std::string& path) {
  TemporaryName name;
  // A second attempt writes over what the first could not remove. Another
  // thread that writes the same file takes the next number.
  name.path_ = absl::StrCat(path, kTemporaryMark, ProcessNumber());
  for (int i = 1; name.claim_ == nullptr; ++i) {
    name.claim_ = PathClaim::Take(&files, name.path_);
    if (name.claim_ == nullptr) {
      name.path_ =
          absl::StrCat(path, kTemporaryMark, ProcessNumber(), "000", i);
    }
  }
  return name;
}

bool IsTemporaryName(const std::string& name) {
  size_t digits = name.size();
  while (digits > 0 && absl::ascii_isdigit(name[digits - 1])) --digits;
  return digits < name.size() &&
         absl::EndsWith(name.substr(0, digits), kTemporaryMark);
}

absl::StatusOr<std::vector<std::string>> RemoveLeftovers(
    FileSystem& files, const std::string& directory,
    const std::string& name_prefix) {
  std::vector<std::string> removed;
  absl::StatusOr<std::vector<std::string>> names = files.List(directory);
  if (absl::IsNotFound(names.status())) return removed;
  CAIRN_RETURN_IF_ERROR(names.status());
  for (std::string& name : *names) {
    if (!IsTemporaryName(name) || !absl::StartsWith(name, name_prefix)) {
      continue;
    }
    const absl::Status status = files.Remove(JoinPath(directory, name));
    // Another process may be removing them too.
    if (absl::IsNotFound(status)) continue;
    CAIRN_RETURN_IF_ERROR(status);
    removed.push_back(std::move(name));
  }
  return removed;
}

}  // namespace cairn
