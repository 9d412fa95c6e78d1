#ifndef CAIRN_CORE_DATA_SAMPLE_VIEW_H_
#define CAIRN_CORE_DATA_SAMPLE_VIEW_H_

#include <utility>
#include <vector>

#include "core/data/samples.h"

namespace cairn {

// Hands out the samples below it under other numbers. A view says its size and
// how a number is translated.
class SampleView : public Samples {
 public:
  explicit SampleView(SamplesPointer samples) : samples_(std::move(samples)) {}

  std::vector<BatchField> fields() const final { return samples_->fields(); }

  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const final {
    Translate(epoch, absl::MakeSpan(&sample, 1));
    return samples_->Read(epoch, sample, destinations);
  }

  absl::Status ReadBatch(
      int64_t epoch, absl::Span<int64_t> samples,
      absl::Span<const absl::Span<std::byte>> destinations) const final {
    Translate(epoch, samples);
    return samples_->ReadBatch(epoch, samples, destinations);
  }

 protected:
  // Puts in place of each number the one below.
  virtual void Translate(int64_t epoch, absl::Span<int64_t> samples) const = 0;
  const Samples& below() const { return *samples_; }

 private:
  const SamplesPointer samples_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_SAMPLE_VIEW_H_
