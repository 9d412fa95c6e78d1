#ifndef CAIRN_TESTS_CORE_DATA_NUMBERED_SAMPLES_H_
#define CAIRN_TESTS_CORE_DATA_NUMBERED_SAMPLES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/data/batch_source.h"
#include "core/data/samples.h"

namespace cairn {

// Samples that say who they are: the input is int64 (2), the epoch that the
// sample was read in and its number; the target is uint8, the number.
class NumberedSamples : public Samples {
 public:
  explicit NumberedSamples(int64_t size) : size_(size) {}
  std::vector<BatchField> fields() const override;
  int64_t size() const override { return size_; }
  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override;

 private:
  const int64_t size_;
};

// Who was read: epoch and number.
struct ReadSample {
  int64_t epoch, number;
  friend bool operator==(const ReadSample&, const ReadSample&) = default;
};

// Reads all samples of NumberedSamples, or of a view of them, one by one. Also
// reads them in batches of several sizes and expects the same.
std::vector<ReadSample> ReadAll(const Samples& samples, int64_t epoch);

// The numbers alone.
std::vector<int64_t> ReadNumbers(const Samples& samples, int64_t epoch);

// The next batch, and the numbers of its samples; empty at the epoch's end.
std::vector<int64_t> NextNumbers(BatchSource& source);

}  // namespace cairn

#endif  // CAIRN_TESTS_CORE_DATA_NUMBERED_SAMPLES_H_
