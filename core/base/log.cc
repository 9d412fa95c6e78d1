#include "core/base/log.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace cairn {
namespace {

// One write per line, so that lines of two threads do not mix.
void WriteLine(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

void LogWarning(absl::string_view message) {
  WriteLine(absl::StrCat("cairn: warning: ", message, "\n"));
}

void LogInfo(absl::string_view message) {
  WriteLine(absl::StrCat("cairn: ", message, "\n"));
}

}  // namespace cairn
