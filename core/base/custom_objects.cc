#include "core/base/custom_objects.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"

namespace cairn {
namespace {

constexpr size_t kFew = 40;

// Levenshtein distance, without regard to case.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same =
          absl::ascii_tolower(a[i - 1]) == absl::ascii_tolower(b[j - 1]);
      const size_t changed = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

absl::Status UnknownName(absl::string_view kind, absl::string_view name,
                         const std::vector<std::string>& known) {
  std::vector<std::string> near;
  for (const std::string& candidate : known) {
    if (Distance(name, candidate) <= 2) near.push_back(candidate);
  }
  std::string message = absl::StrCat("unknown ", kind, " \"", name, "\"");
  if (!near.empty()) {
    absl::StrAppend(&message, "; did you mean \"",
                    absl::StrJoin(near, "\" or \""), "\"?");
  }
  if (known.empty()) {
    absl::StrAppend(&message, "; none is registered (link //:cairn)");
  } else if (known.size() <= kFew) {
    absl::StrAppend(&message, near.empty() ? "." : "",
                    " Known: ", absl::StrJoin(known, ", "));
  }
  return absl::NotFoundError(message);
}

}  // namespace cairn
