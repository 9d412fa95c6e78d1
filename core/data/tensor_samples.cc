#include "core/data/tensor_samples.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

class TensorSamples : public Samples {
 public:
  TensorSamples(std::vector<BatchField> fields, std::vector<Tensor> tensors)
      : fields_(std::move(fields)) {
    for (size_t i = 0; i < fields_.size(); ++i) {
      columns_.push_back({std::move(tensors[i]), ByteSize(fields_[i].spec)});
    }
  }

  std::vector<BatchField> fields() const override { return fields_; }
  int64_t size() const override { return columns_[0].tensor.shape()[0]; }

  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    return ReadBatch(epoch, absl::MakeSpan(&sample, 1), destinations);
  }

  absl::Status ReadBatch(
      int64_t, absl::Span<int64_t> samples,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    CAIRN_CHECK(destinations.size() == columns_.size());
    for (const int64_t sample : samples) {
      CAIRN_CHECK(sample >= 0 && sample < size());
    }
    for (size_t i = 0; i < columns_.size(); ++i) {
      Gather(columns_[i], samples, destinations[i]);
    }
    return absl::OkStatus();
  }

 private:
  struct Column {
    Tensor tensor;
    size_t row_bytes;
  };

  static void Gather(const Column& column, absl::Span<const int64_t> samples,
                     absl::Span<std::byte> destination) {
    const size_t row_bytes = column.row_bytes;
    CAIRN_CHECK(destination.size() == samples.size() * row_bytes);
    const std::byte* rows = column.tensor.bytes().data();
    std::byte* to = destination.data();
    for (size_t begin = 0; begin < samples.size();) {
      // Neighbours are copied at once: all of an unshuffled batch.
      size_t end = begin + 1;
      while (end < samples.size() && samples[end] == samples[end - 1] + 1) {
        ++end;
      }
      // The processor cannot guess where a shuffled batch goes on.
      if (end < samples.size()) {
        const std::byte* next = rows + samples[end] * row_bytes;
        for (size_t line = 0; line < row_bytes && line < kMostPrefetched;
             line += 64) {
          __builtin_prefetch(next + line);
        }
      }
      const size_t bytes = (end - begin) * row_bytes;
      if (bytes > 0) std::memcpy(to, rows + samples[begin] * row_bytes, bytes);
      to += bytes;
      begin = end;
    }
  }

  static constexpr size_t kMostPrefetched = 1024;

  const std::vector<BatchField> fields_;
  std::vector<Column> columns_;
};

// What a message calls a tensor: `input "x" of (60, 28, 28)`.
std::string Describe(const BatchField& field, const Tensor& tensor) {
  std::string text = field.use == BatchField::Use::kInput ? "input" : "target";
  if (!field.name.empty()) absl::StrAppend(&text, " \"", field.name, "\"");
  return absl::StrCat(text, " of shape ", ShapeToString(tensor.shape()));
}

}  // namespace

absl::StatusOr<SamplesPointer> FromTensors(std::vector<NamedTensor> inputs,
                                           std::vector<NamedTensor> targets) {
  if (inputs.empty()) {
    return absl::InvalidArgumentError(
        "there is no input: samples need at least one input tensor");
  }
  std::vector<BatchField> fields;
  std::vector<Tensor> tensors;
  const auto add = [&](BatchField::Use use, NamedTensor& named) {
    const Shape& shape = named.value.shape();
    BatchField field = {.use = use, .name = std::move(named.name)};
    if (shape.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(Describe(field, named.value),
                       " is a scalar; samples need a row each"));
    }
    if (!tensors.empty() && shape[0] != tensors[0].shape()[0]) {
      return absl::InvalidArgumentError(absl::StrCat(
          Describe(fields[0], tensors[0]), " has ", tensors[0].shape()[0],
          " rows and ", Describe(field, named.value), " has ", shape[0],
          "; give as many of each, one per sample"));
    }
    field.spec = {named.value.dtype(), Shape(shape.begin() + 1, shape.end())};
    fields.push_back(std::move(field));
    tensors.push_back(std::move(named.value));
    return absl::OkStatus();
  };
  for (NamedTensor& input : inputs) {
    CAIRN_RETURN_IF_ERROR(add(BatchField::Use::kInput, input));
  }
  for (NamedTensor& target : targets) {
    CAIRN_RETURN_IF_ERROR(add(BatchField::Use::kTarget, target));
  }
  return SamplesPointer(
      std::make_shared<TensorSamples>(std::move(fields), std::move(tensors)));
}

}  // namespace cairn
