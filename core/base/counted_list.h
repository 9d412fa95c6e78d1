#ifndef CAIRN_CORE_BASE_COUNTED_LIST_H_
#define CAIRN_CORE_BASE_COUNTED_LIST_H_

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"

namespace cairn {

// "(17): a, b, ...", of a dozen at most, so that the largest model's error is
// still a line.
inline std::string CountedList(absl::Span<const std::string> items) {
  constexpr size_t kMost = 12;
  return absl::StrCat("(", items.size(),
                      "): ", absl::StrJoin(items.subspan(0, kMost), ", "),
                      items.size() > kMost ? ", ..." : "");
}

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_COUNTED_LIST_H_
