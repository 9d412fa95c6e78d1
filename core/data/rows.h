#ifndef CAIRN_CORE_DATA_ROWS_H_
#define CAIRN_CORE_DATA_ROWS_H_

#include <cstddef>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

namespace cairn {

// A destination per field, without an allocation for a few fields.
using Destinations = absl::InlinedVector<absl::Span<std::byte>, 8>;

// The rows [first, first + count) of destinations that have `total` rows each.
// REQUIRES: total > 0 and first + count <= total.
inline Destinations Rows(absl::Span<const absl::Span<std::byte>> destinations,
                         size_t total, size_t first, size_t count) {
  Destinations rows;
  for (const absl::Span<std::byte> destination : destinations) {
    const size_t row_bytes = destination.size() / total;
    rows.push_back(destination.subspan(first * row_bytes, count * row_bytes));
  }
  return rows;
}

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_ROWS_H_
