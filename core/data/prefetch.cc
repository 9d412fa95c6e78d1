#include "core/data/prefetch.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/check.h"
#include "core/base/mutex.h"
#include "core/base/start_thread.h"
#include "core/base/status_macros.h"
#include "core/tensor/tensor.h"

namespace cairn {
namespace {

// A batch that was read ahead, and where the source stood behind it.
struct ReadBatch {
  std::vector<Tensor> memory;  // A row of bytes per sample, of each field.
  absl::StatusOr<int64_t> rows = 0;
  State position;
};

// A ring of batches. Those that are ready belong to the caller, the others to
// the thread; the lock is held only to pass them on.
class PrefetchedBatches : public BatchSource {
 public:
  PrefetchedBatches(std::unique_ptr<BatchSource> source, int batches)
      : source_(std::move(source)),
        fields_(source_->fields()),
        batch_size_(source_->batch_size()),
        batches_per_epoch_(source_->batches_per_epoch()),
        position_(CloneState(source_->SaveState())),
        ring_(batches) {
    for (ReadBatch& batch : ring_) {
      for (const BatchField& field : fields_) {
        batch.memory.push_back(Tensor::Zeros(
            {DType::kUInt8,
             {batch_size_, static_cast<int64_t>(ByteSize(field.spec))}}));
      }
    }
  }

  ~PrefetchedBatches() override {
    {
      const MutexLock lock(mutex_);
      quit_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  std::vector<BatchField> fields() const override { return fields_; }
  int64_t batch_size() const override { return batch_size_; }
  int64_t batches_per_epoch() const override { return batches_per_epoch_; }

  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) override {
    if (ended_) return 0;
    begun_epoch_.reset();
    AskSource();
    ReadBatch& batch = WaitForBatch();
    if (!batch.rows.ok()) {
      failed_ = true;
      const absl::Status status = batch.rows.status();
      Release();
      return status;
    }
    const int64_t rows = *batch.rows;
    CAIRN_RETURN_IF_ERROR(CopyOut(batch, rows, destinations));
    ended_ = rows == 0;
    std::swap(position_, batch.position);
    Release();
    return rows;
  }

  bool AwaitNext(absl::Duration most) override {
    if (ended_) return true;
    AskSource();
    // A deadline that the clock can tell.
    const auto deadline =
        std::chrono::steady_clock::now() +
        absl::ToChronoNanoseconds(std::min(most, absl::Hours(1)));
    const MutexLock lock(mutex_);
    while (ready_ == 0) {
      if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
        return ready_ > 0;
      }
    }
    return true;
  }

  absl::Status StartEpoch(int64_t epoch) override {
    // What was read ahead of this epoch already is kept.
    if (begun_epoch_ == epoch) return absl::OkStatus();
    CAIRN_RETURN_IF_ERROR(MoveTo([&] { return source_->StartEpoch(epoch); }));
    begun_epoch_ = epoch;
    return absl::OkStatus();
  }

  State SaveState() const override { return position_; }

  absl::Status RestoreState(const State& state) override {
    return MoveTo([&] { return source_->RestoreState(state); });
  }

 private:
  template <typename Move>
  absl::Status MoveTo(Move move) {
    Halt();
    const absl::Status status = move();
    if (status.ok()) {
      position_ = CloneState(source_->SaveState());
      batches_per_epoch_ = source_->batches_per_epoch();
      begun_epoch_.reset();
      ended_ = false;
      failed_ = false;
    }
    // On an error the source stands where it stood, and what was read stays.
    GoOn(/*anew=*/status.ok());
    return status;
  }

  absl::Status CopyOut(
      const ReadBatch& batch, int64_t rows,
      absl::Span<const absl::Span<std::byte>> destinations) const {
    if (destinations.size() != fields_.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("a batch has ", fields_.size(), " fields, got ",
                       destinations.size(), " destinations"));
    }
    for (size_t i = 0; i < fields_.size(); ++i) {
      const size_t bytes = static_cast<size_t>(rows) * RowBytes(batch, i);
      if (destinations[i].size() < bytes) {
        return absl::InvalidArgumentError(absl::StrCat(
            "field ", i, " of the batch, ", SpecToString(fields_[i].spec),
            " a sample, needs ", bytes, " bytes for ", rows, " samples, got ",
            destinations[i].size()));
      }
    }
    for (size_t i = 0; i < fields_.size(); ++i) {
      const size_t bytes = static_cast<size_t>(rows) * RowBytes(batch, i);
      if (bytes == 0) continue;
      std::memcpy(destinations[i].data(), batch.memory[i].bytes().data(),
                  bytes);
    }
    return absl::OkStatus();
  }

  static size_t RowBytes(const ReadBatch& batch, size_t field) {
    return static_cast<size_t>(batch.memory[field].shape()[1]);
  }

  // After an error the source is asked again when somebody asks again.
  void AskSource() { Run(/*after_error=*/std::exchange(failed_, false)); }

  // Lets the thread read, unless it has met the end of the epoch or, but for
  // `after_error`, an error.
  void Run(bool after_error) {
    if (!thread_.joinable()) {
      thread_ = StartThread([this] { ReadAhead(); });
    }
    if (!after_error) return;
    {
      const MutexLock lock(mutex_);
      stopped_ = false;
    }
    changed_.notify_all();
  }

  // Returns when the thread reads nothing and begins nothing.
  void Halt() {
    const MutexLock lock(mutex_);
    halted_ = true;
    while (reading_) changed_.wait(mutex_);
  }

  void GoOn(bool anew) {
    {
      const MutexLock lock(mutex_);
      halted_ = false;
      if (anew) {
        ready_ = 0;
        stopped_ = false;
      }
    }
    changed_.notify_all();
    Run(/*after_error=*/false);
  }

  ReadBatch& WaitForBatch() {
    const MutexLock lock(mutex_);
    while (ready_ == 0) changed_.wait(mutex_);
    return ring_[first_];
  }

  // Gives the first batch's memory back to the thread.
  void Release() {
    {
      const MutexLock lock(mutex_);
      first_ = (first_ + 1) % ring_.size();
      --ready_;
    }
    changed_.notify_all();
  }

  // Waits for memory to read into; null: the end has come.
  ReadBatch* WaitForRoom() {
    const MutexLock lock(mutex_);
    while (!quit_ && (halted_ || stopped_ || ready_ == ring_.size())) {
      changed_.wait(mutex_);
    }
    if (quit_) return nullptr;
    reading_ = true;
    return &ring_[(first_ + ready_) % ring_.size()];
  }

  void ReadAhead() {
    std::vector<absl::Span<std::byte>> destinations(fields_.size());
    while (ReadBatch* const batch = WaitForRoom()) {
      for (size_t i = 0; i < destinations.size(); ++i) {
        destinations[i] = batch->memory[i].mutable_bytes();
      }
      batch->rows = source_->Next(destinations);
      batch->position = CloneState(source_->SaveState());
      {
        const MutexLock lock(mutex_);
        reading_ = false;
        ++ready_;
        stopped_ = !batch->rows.ok() || *batch->rows == 0;
      }
      changed_.notify_all();
    }
  }

  // Used by the thread, and by the caller while the thread is halted.
  const std::unique_ptr<BatchSource> source_;

  // The caller's.
  const std::vector<BatchField> fields_;
  const int64_t batch_size_;
  int64_t batches_per_epoch_;
  State position_;
  std::optional<int64_t> begun_epoch_;  // Before its first batch.
  bool ended_ = false, failed_ = false;
  std::thread thread_;

  // Passed on between the two.
  std::vector<ReadBatch> ring_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  size_t first_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t ready_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool halted_ ABSL_GUARDED_BY(mutex_) = false;
  // Behind the end of the epoch or an error nothing is read.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool quit_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<BatchSource> Prefetch(std::unique_ptr<BatchSource> source,
                                      int batches) {
  CAIRN_CHECK(batches > 0);
  return std::make_unique<PrefetchedBatches>(std::move(source), batches);
}

}  // namespace cairn
