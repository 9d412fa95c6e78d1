#include "core/data/rescale.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/data/rows.h"

namespace cairn {
namespace {

// Widens the bytes in the last quarter of `destination` to floats that fill
// it. Front to back a float never lands on a byte that is still to be read
// beyond its own block, which is copied out first.
void WidenInPlace(absl::Span<std::byte> destination, float factor) {
  constexpr size_t kBlock = 64;
  const size_t count = destination.size() / sizeof(float);
  const std::byte* from = destination.data() + 3 * count;
  std::byte* to = destination.data();
  for (size_t begin = 0; begin < count; begin += kBlock) {
    const size_t size = count - begin < kBlock ? count - begin : kBlock;
    uint8_t bytes[kBlock] = {};
    float values[kBlock];
    std::memcpy(bytes, from + begin, size);
    for (size_t i = 0; i < kBlock; ++i) {
      values[i] = static_cast<float>(bytes[i]) * factor;
    }
    std::memcpy(to + begin * sizeof(float), values, size * sizeof(float));
  }
}

class RescaledSamples : public Samples {
 public:
  RescaledSamples(SamplesPointer samples, double factor, const Shape& shape)
      : samples_(std::move(samples)),
        factor_(static_cast<float>(factor)),
        fields_(samples_->fields()) {
    for (BatchField& field : fields_) {
      if (field.use != BatchField::Use::kInput) continue;
      const TensorSpec wanted = {DType::kUInt8, shape};
      if (!IsStatic(shape) || field.spec.dtype != DType::kUInt8 ||
          ElementCount(field.spec.shape) != ElementCount(shape)) {
        error_ = absl::InvalidArgumentError(absl::StrCat(
            "cannot rescale input \"", field.name, "\": it is ",
            SpecToString(field.spec), " a sample; expected ",
            SpecToString(wanted), " or a uint8 with as many elements"));
        return;
      }
    }
    for (BatchField& field : fields_) {
      if (field.use == BatchField::Use::kInput) {
        field.spec = {DType::kFloat32, shape};
      }
    }
  }

  std::vector<BatchField> fields() const override { return fields_; }
  int64_t size() const override { return samples_->size(); }

  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    return ReadBatch(epoch, absl::MakeSpan(&sample, 1), destinations);
  }

  // The bytes go to the end of where the floats will be, so that no other
  // memory is needed.
  absl::Status ReadBatch(
      int64_t epoch, absl::Span<int64_t> samples,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    CAIRN_RETURN_IF_ERROR(error_);
    Destinations bytes(destinations.begin(), destinations.end());
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].use != BatchField::Use::kInput) continue;
      bytes[i] = bytes[i].subspan(bytes[i].size() / sizeof(float) * 3);
    }
    CAIRN_RETURN_IF_ERROR(samples_->ReadBatch(epoch, samples, bytes));
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].use != BatchField::Use::kInput) continue;
      WidenInPlace(destinations[i], factor_);
    }
    return absl::OkStatus();
  }

 private:
  const SamplesPointer samples_;
  const float factor_;
  std::vector<BatchField> fields_;
  absl::Status error_;
};

}  // namespace

SamplesPointer Rescale(SamplesPointer samples, double factor, Shape shape) {
  return std::make_shared<RescaledSamples>(std::move(samples), factor, shape);
}

}  // namespace cairn
