#include "core/data/repeat.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "core/data/rows.h"

namespace cairn {
namespace {

class RepeatedSamples : public Samples {
 public:
  RepeatedSamples(SamplesPointer samples, int64_t times)
      : samples_(std::move(samples)), pass_(samples_->size()), times_(times) {}

  std::vector<BatchField> fields() const override { return samples_->fields(); }
  int64_t size() const override { return pass_ * times_; }

  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    return samples_->Read(EpochBelow(epoch, sample), sample % pass_,
                          destinations);
  }

  absl::Status ReadBatch(
      int64_t epoch, absl::Span<int64_t> samples,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    for (size_t begin = 0; begin < samples.size();) {
      const int64_t pass = samples[begin] / pass_;
      const int64_t epoch_below = EpochBelow(epoch, samples[begin]);
      size_t end = begin;
      while (end < samples.size() && samples[end] / pass_ == pass) {
        samples[end++] %= pass_;
      }
      CAIRN_RETURN_IF_ERROR(samples_->ReadBatch(
          epoch_below, samples.subspan(begin, end - begin),
          Rows(destinations, samples.size(), begin, end - begin)));
      begin = end;
    }
    return absl::OkStatus();
  }

 private:
  // Unsigned, so that an epoch out of this world wraps around.
  int64_t EpochBelow(int64_t epoch, int64_t sample) const {
    return static_cast<int64_t>(static_cast<uint64_t>(epoch) *
                                    static_cast<uint64_t>(times_) +
                                static_cast<uint64_t>(sample / pass_));
  }

  const SamplesPointer samples_;
  const int64_t pass_, times_;
};

}  // namespace

SamplesPointer Repeat(SamplesPointer samples, int64_t times) {
  const int64_t most = std::numeric_limits<int64_t>::max() /
                       std::max<int64_t>(samples->size(), 1);
  return std::make_shared<RepeatedSamples>(std::move(samples),
                                           std::clamp<int64_t>(times, 0, most));
}

}  // namespace cairn
