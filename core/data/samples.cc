#include "core/data/samples.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/data/permutation.h"

namespace cairn {
namespace {

class TensorSamples : public Samples {
 public:
  TensorSamples(std::vector<BatchField> fields, std::vector<Tensor> tensors)
      : fields_(std::move(fields)), tensors_(std::move(tensors)) {
    for (const BatchField& field : fields_) {
      bytes_.push_back(ByteSize(field.spec));
    }
  }
  std::vector<BatchField> fields() const override { return fields_; }
  int64_t size() const override { return tensors_[0].shape()[0]; }
  absl::Status Read(
      int64_t, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    CAIRN_CHECK(sample >= 0 && sample < size());
    for (size_t i = 0; i < tensors_.size(); ++i) {
      std::memcpy(destinations[i].data(),
                  tensors_[i].bytes().data() + sample * bytes_[i], bytes_[i]);
    }
    return absl::OkStatus();
  }

 private:
  const std::vector<BatchField> fields_;
  const std::vector<Tensor> tensors_;
  std::vector<size_t> bytes_;
};

// A view that hands out samples under other numbers.
class SampleView : public Samples {
 public:
  explicit SampleView(SamplesPointer samples) : samples_(std::move(samples)) {}
  std::vector<BatchField> fields() const override { return samples_->fields(); }

 protected:
  const SamplesPointer samples_;
};

class ShuffledSamples : public SampleView {
 public:
  ShuffledSamples(SamplesPointer samples, uint64_t seed)
      : SampleView(std::move(samples)), seed_(seed) {}
  int64_t size() const override { return samples_->size(); }
  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    const Permutation order(seed_, static_cast<uint64_t>(epoch), size());
    return samples_->Read(epoch, order(sample), destinations);
  }

 private:
  const uint64_t seed_;
};

class RangeOfSamples : public SampleView {
 public:
  RangeOfSamples(SamplesPointer samples, int64_t begin, int64_t end)
      : SampleView(std::move(samples)),
        begin_(std::clamp<int64_t>(begin, 0, samples_->size())),
        end_(std::clamp<int64_t>(end, begin_, samples_->size())) {}
  int64_t size() const override { return end_ - begin_; }
  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    return samples_->Read(epoch, begin_ + sample, destinations);
  }

 private:
  const int64_t begin_, end_;
};

class RescaledSamples : public Samples {
 public:
  RescaledSamples(SamplesPointer samples, double factor, Shape shape)
      : samples_(std::move(samples)), fields_(samples_->fields()) {
    for (BatchField& field : fields_) {
      if (field.use != BatchField::Use::kInput) continue;
      CAIRN_CHECK(field.spec.dtype == DType::kUInt8);
      CAIRN_CHECK(ElementCount(field.spec.shape) == ElementCount(shape));
      field.spec = {DType::kFloat32, shape};
    }
    for (int byte = 0; byte < 256; ++byte) {
      value_of_[byte] = static_cast<float>(byte * factor);
    }
  }
  std::vector<BatchField> fields() const override { return fields_; }
  int64_t size() const override { return samples_->size(); }
  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    // The bytes go to the end of their destination and are widened from its
    // front, so that no other memory is needed.
    std::array<absl::Span<std::byte>, kMaxFields> bytes;
    CAIRN_CHECK(destinations.size() <= kMaxFields);
    for (size_t i = 0; i < fields_.size(); ++i) {
      bytes[i] = destinations[i];
      if (fields_[i].use == BatchField::Use::kInput) {
        bytes[i] = destinations[i].subspan(destinations[i].size() / 4 * 3);
      }
    }
    const absl::Status status = samples_->Read(
        epoch, sample, absl::MakeConstSpan(bytes.data(), fields_.size()));
    for (size_t i = 0; status.ok() && i < fields_.size(); ++i) {
      if (fields_[i].use != BatchField::Use::kInput) continue;
      float* to = reinterpret_cast<float*>(destinations[i].data());
      for (size_t k = 0; k < bytes[i].size(); ++k) {
        to[k] = value_of_[static_cast<uint8_t>(bytes[i][k])];
      }
    }
    return status;
  }

 private:
  static constexpr size_t kMaxFields = 16;
  const SamplesPointer samples_;
  std::vector<BatchField> fields_;
  std::array<float, 256> value_of_;
};

}  // namespace

absl::StatusOr<SamplesPointer> FromTensors(std::vector<NamedTensor> inputs,
                                           std::vector<NamedTensor> targets) {
  if (inputs.empty()) {
    return absl::InvalidArgumentError("there is no input tensor");
  }
  std::vector<BatchField> fields;
  std::vector<Tensor> tensors;
  for (const auto* list : {&inputs, &targets}) {
    for (const NamedTensor& named : *list) {
      const Shape& shape = named.value.shape();
      if (shape.empty()) {
        return absl::InvalidArgumentError(
            "a tensor of samples needs a row per sample; a scalar was given");
      }
      if (!tensors.empty() && shape[0] != tensors[0].shape()[0]) {
        return absl::InvalidArgumentError(absl::StrCat(
            "tensors of samples differ in their number of rows: ",
            tensors[0].shape()[0], " in ", ShapeToString(tensors[0].shape()),
            ", ", shape[0], " in ", ShapeToString(shape)));
      }
      fields.push_back({list == &inputs ? BatchField::Use::kInput
                                        : BatchField::Use::kTarget,
                        named.name,
                        {named.value.dtype(),
                         Shape(shape.begin() + 1, shape.end())}});
      tensors.push_back(named.value);
    }
  }
  return SamplesPointer(std::make_shared<TensorSamples>(std::move(fields),
                                                        std::move(tensors)));
}

SamplesPointer Shuffle(SamplesPointer samples, uint64_t seed) {
  return std::make_shared<ShuffledSamples>(std::move(samples), seed);
}

SamplesPointer Take(SamplesPointer samples, int64_t count) {
  return std::make_shared<RangeOfSamples>(std::move(samples), 0, count);
}

SamplesPointer Skip(SamplesPointer samples, int64_t count) {
  const int64_t size = samples->size();
  return std::make_shared<RangeOfSamples>(std::move(samples), count, size);
}

SamplesPointer Rescale(SamplesPointer samples, double factor, Shape shape) {
  return std::make_shared<RescaledSamples>(std::move(samples), factor,
                                           std::move(shape));
}

}  // namespace cairn
