#include "core/data/batch_source.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "core/data/rows.h"

namespace cairn {
namespace {

class SampleBatches : public BatchSource {
 public:
  SampleBatches(SamplesPointer samples, int64_t batch_size)
      : samples_(std::move(samples)),
        size_(samples_->size()),
        batch_size_(batch_size),
        fields_(samples_->fields()) {
    CAIRN_CHECK(batch_size > 0);
    for (const BatchField& field : fields_) {
      row_bytes_.push_back(ByteSize(field.spec));
    }
    numbers_.resize(std::min(batch_size_, size_));
  }

  std::vector<BatchField> fields() const override { return fields_; }
  int64_t batch_size() const override { return batch_size_; }
  int64_t batches_per_epoch() const override {
    const int64_t left = size_ - sample_;
    return batch_ + left / batch_size_ + (left % batch_size_ > 0 ? 1 : 0);
  }

  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) override {
    const int64_t count = std::min(batch_size_, size_ - sample_);
    if (count == 0) return 0;
    CAIRN_ASSIGN_OR_RETURN(const Destinations rows,
                           RowsToFill(destinations, count));
    const absl::Span<int64_t> numbers(numbers_.data(), count);
    std::iota(numbers.begin(), numbers.end(), sample_);
    CAIRN_RETURN_IF_ERROR(samples_->ReadBatch(epoch_, numbers, rows));
    ++batch_;
    sample_ += count;
    return count;
  }

  absl::Status StartEpoch(int64_t epoch) override {
    if (epoch < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("epochs are counted from 0, got ", epoch));
    }
    epoch_ = epoch;
    batch_ = 0;
    sample_ = 0;
    return absl::OkStatus();
  }

  // The position is epoch and sample; the batches are counted. Where the size
  // of batches is another one than that of those before, it goes on at the same
  // sample. Other data are told by their size.
  State SaveState() const override {
    return {.values = Config::Object{{"epoch", epoch_},
                                     {"batch", batch_},
                                     {"sample", sample_},
                                     {"batch_size", batch_size_},
                                     {"samples", size_}}};
  }

  absl::Status RestoreState(const State& state) override {
    CAIRN_ASSIGN_OR_RETURN(const int64_t epoch,
                           state.values.Get<int64_t>("epoch"));
    CAIRN_ASSIGN_OR_RETURN(const int64_t batch,
                           state.values.Get<int64_t>("batch"));
    CAIRN_ASSIGN_OR_RETURN(const int64_t batch_size,
                           state.values.Get<int64_t>("batch_size"));
    CAIRN_ASSIGN_OR_RETURN(const int64_t samples,
                           state.values.Get<int64_t>("samples"));
    int64_t sample = -1;
    if (state.values.Find("sample").ok()) {
      CAIRN_ASSIGN_OR_RETURN(sample, state.values.Get<int64_t>("sample"));
    } else if (batch_size > 0 && batch <= size_ / batch_size + 1) {
      // Older versions counted batches of one size alone.
      sample = std::min(batch * batch_size, size_);
    }
    if (samples != size_) {
      return absl::InvalidArgumentError(
          absl::StrCat("the saved run had ", samples, " samples, this one has ",
                       size_, "; give it the same data"));
    }
    // Each batch has a sample at least.
    if (epoch < 0 || batch < 0 || sample < batch || sample > size_ ||
        (batch == 0 && sample > 0)) {
      return absl::DataLossError(
          absl::StrCat("epoch ", epoch, ", batch ", batch, ", sample ", sample,
                       " is no position in ", size_, " samples"));
    }
    epoch_ = epoch;
    batch_ = batch;
    sample_ = sample;
    return absl::OkStatus();
  }

 private:
  // The first `count` rows of each destination.
  absl::StatusOr<Destinations> RowsToFill(
      absl::Span<const absl::Span<std::byte>> destinations,
      int64_t count) const {
    if (destinations.size() != fields_.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("a batch has ", fields_.size(), " fields, got ",
                       destinations.size(), " destinations"));
    }
    Destinations rows;
    for (size_t i = 0; i < fields_.size(); ++i) {
      const size_t bytes = static_cast<size_t>(count) * row_bytes_[i];
      if (destinations[i].size() < bytes) {
        return absl::InvalidArgumentError(absl::StrCat(
            "field ", i, " of the batch, ", SpecToString(fields_[i].spec),
            " a sample, needs ", bytes, " bytes for ", count, " samples, got ",
            destinations[i].size()));
      }
      rows.push_back(destinations[i].first(bytes));
    }
    return rows;
  }

  const SamplesPointer samples_;
  const int64_t size_, batch_size_;
  const std::vector<BatchField> fields_;
  std::vector<size_t> row_bytes_;
  // The samples of one batch, kept so that a batch allocates nothing.
  std::vector<int64_t> numbers_;
  int64_t epoch_ = 0, batch_ = 0, sample_ = 0;
};

}  // namespace

std::unique_ptr<BatchSource> Batch(SamplesPointer samples, int64_t batch_size) {
  return std::make_unique<SampleBatches>(std::move(samples), batch_size);
}

}  // namespace cairn
