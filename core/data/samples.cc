#include "core/data/samples.h"

#include "core/base/status_macros.h"
#include "core/data/rows.h"

namespace cairn {

absl::Status Samples::ReadBatch(
    int64_t epoch, absl::Span<int64_t> samples,
    absl::Span<const absl::Span<std::byte>> destinations) const {
  for (size_t row = 0; row < samples.size(); ++row) {
    CAIRN_RETURN_IF_ERROR(
        Read(epoch, samples[row], Rows(destinations, samples.size(), row, 1)));
  }
  return absl::OkStatus();
}

}  // namespace cairn
