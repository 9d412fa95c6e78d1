#ifndef CAIRN_CORE_DATA_SAMPLES_H_
#define CAIRN_CORE_DATA_SAMPLES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/data/batch_field.h"
#include "core/tensor/tensor.h"

namespace cairn {

// Samples that can be read in any order. Thread-safe.
class Samples {
 public:
  virtual ~Samples() = default;
  virtual std::vector<BatchField> fields() const = 0;
  virtual int64_t size() const = 0;
  // Writes one sample: a destination for each field, of the field's size. The
  // same arguments always give the same bytes.
  virtual absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const = 0;
};
using SamplesPointer = std::shared_ptr<const Samples>;

// Tensors with a row per sample; nothing is copied, and bytes stay bytes until
// a batch is made. InvalidArgument if there is none or their rows differ.
absl::StatusOr<SamplesPointer> FromTensors(std::vector<NamedTensor> inputs,
                                           std::vector<NamedTensor> targets);

// Views of samples; nothing is copied.
//
// In another order for each epoch, which follows from seed and epoch alone: so
// a place in the data is two numbers, and resuming there costs nothing.
SamplesPointer Shuffle(SamplesPointer samples, uint64_t seed);
// The first `count`, or all if there are fewer.
SamplesPointer Take(SamplesPointer samples, int64_t count);
// All but the first `count`.
SamplesPointer Skip(SamplesPointer samples, int64_t count);
// The inputs as float32, multiplied by `factor`, and each in the shape `shape`:
// for bytes of pictures. REQUIRES: the inputs are uint8 and `shape` has as many
// elements as each.
SamplesPointer Rescale(SamplesPointer samples, double factor, Shape shape);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_SAMPLES_H_
