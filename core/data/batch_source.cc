#include "core/data/batch_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

class SampleBatches : public BatchSource {
 public:
  SampleBatches(SamplesPointer samples, int64_t batch_size)
      : samples_(std::move(samples)), batch_size_(batch_size) {
    CAIRN_CHECK(batch_size > 0);
    for (const BatchField& field : samples_->fields()) {
      bytes_.push_back(ByteSize(field.spec));
    }
    one_.resize(bytes_.size());
  }

  std::vector<BatchField> fields() const override { return samples_->fields(); }
  int64_t batch_size() const override { return batch_size_; }
  int64_t batches_per_epoch() const override {
    return (samples_->size() + batch_size_ - 1) / batch_size_;
  }

  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) override {
    const int64_t count = std::min(batch_size_, samples_->size() - next_);
    for (int64_t row = 0; row < count; ++row) {
      for (size_t i = 0; i < bytes_.size(); ++i) {
        one_[i] = destinations[i].subspan(row * bytes_[i], bytes_[i]);
      }
      CAIRN_RETURN_IF_ERROR(samples_->Read(epoch_, next_ + row, one_));
    }
    next_ += count;
    return count;
  }

  absl::Status StartEpoch(int64_t epoch) override {
    epoch_ = epoch;
    next_ = 0;
    return absl::OkStatus();
  }

  State SaveState() const override {
    return {.values = Config::Object{{"samples", samples_->size()},
                                     {"batch_size", batch_size_},
                                     {"epoch", epoch_},
                                     {"next", next_}}};
  }

  absl::Status RestoreState(const State& state) override {
    CAIRN_ASSIGN_OR_RETURN(const int64_t samples,
                           state.values.Get<int64_t>("samples"));
    CAIRN_ASSIGN_OR_RETURN(const int64_t batch_size,
                           state.values.Get<int64_t>("batch_size"));
    CAIRN_ASSIGN_OR_RETURN(const int64_t epoch,
                           state.values.Get<int64_t>("epoch"));
    CAIRN_ASSIGN_OR_RETURN(const int64_t next,
                           state.values.Get<int64_t>("next"));
    if (samples != samples_->size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the saved run had ", samples, " samples, this one has ",
          samples_->size(), "; give it the same data"));
    }
    if (batch_size != batch_size_) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the saved run had batches of ", batch_size, ", this one has ",
          batch_size_, "; give it the same batch size"));
    }
    if (epoch < 0 || next < 0 || next > samples) {
      return absl::DataLossError(
          absl::StrCat("epoch ", epoch, ", sample ", next,
                       " is no place in the data"));
    }
    epoch_ = epoch;
    next_ = next;
    return absl::OkStatus();
  }

 private:
  const SamplesPointer samples_;
  const int64_t batch_size_;
  std::vector<size_t> bytes_;
  // The destinations of one sample, kept so that a batch allocates nothing.
  std::vector<absl::Span<std::byte>> one_;
  int64_t epoch_ = 0;
  int64_t next_ = 0;
};

}  // namespace

std::unique_ptr<BatchSource> Batch(SamplesPointer samples,
                                   int64_t batch_size) {
  return std::make_unique<SampleBatches>(std::move(samples), batch_size);
}

}  // namespace cairn
