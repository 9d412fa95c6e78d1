#ifndef CAIRN_CORE_DATA_SAMPLES_H_
#define CAIRN_CORE_DATA_SAMPLES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/data/batch_field.h"

namespace cairn {

// Samples that can be read in any order. Thread-safe.
class Samples {
 public:
  virtual ~Samples() = default;
  virtual std::vector<BatchField> fields() const = 0;
  virtual int64_t size() const = 0;

  // Writes one sample: a destination for each field, of the field's size. The
  // same arguments always give the same bytes.
  // REQUIRES: 0 <= sample < size().
  virtual absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const = 0;

  // Writes several samples, a row each: a destination for each field, of
  // exactly samples.size() rows. The bytes are those of Read(). `samples` is
  // lost: a view puts there the numbers under which it asks for them, so that
  // no batch allocates.
  // REQUIRES: 0 <= samples[i] < size().
  virtual absl::Status ReadBatch(
      int64_t epoch, absl::Span<int64_t> samples,
      absl::Span<const absl::Span<std::byte>> destinations) const;
};
using SamplesPointer = std::shared_ptr<const Samples>;

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_SAMPLES_H_
