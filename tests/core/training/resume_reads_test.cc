// What a resumed run reads: the batches that are left, and none before them, so
// that it begins as fast late in an epoch as at its start.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/data/batches.h"
#include "core/data/prefetch.h"
#include "core/data/samples.h"
#include "core/data/shuffle.h"
#include "core/data/tensor_samples.h"
#include "gtest/gtest.h"
#include "tests/core/training/small_fit.h"
#include "tests/support/hook_callback.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr int64_t kSamples = 200, kBatch = 4, kSteps = kSamples / kBatch;
constexpr int64_t kEpochs = 2;
constexpr int kAhead = 3;  // Batches.

// Counts how often each sample is read.
class CountingSamples : public Samples {
 public:
  explicit CountingSamples(SamplesPointer samples)
      : samples_(std::move(samples)), counts_(samples_->size()) {}
  std::vector<BatchField> fields() const override { return samples_->fields(); }
  int64_t size() const override { return samples_->size(); }
  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    ++counts_[sample];
    return samples_->Read(epoch, sample, destinations);
  }
  // REQUIRES: nobody reads.
  std::vector<int> counts() const {
    return std::vector<int>(counts_.begin(), counts_.end());
  }

 private:
  const SamplesPointer samples_;
  mutable std::vector<std::atomic<int>> counts_;
};

enum class Feed { kSamples, kSource, kPrefetch };

// How often a run reads each sample, up to a stop or from a snapshot on.
struct Reads {
  std::vector<int> counts;
  Snapshot end;
};

Reads FitCounting(Feed feed, int64_t stop, const Snapshot* from) {
  auto tensors = FromTensors({{"", Spread({kSamples, 5}, -1, 1)}},
                             {{"", Spread({kSamples, 3}, -1, 1)}});
  EXPECT_TRUE(IsOk(tensors));
  const auto samples = std::make_shared<CountingSamples>(*std::move(tensors));
  Reads reads;
  HookCallback hooks(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end" && session.step() == stop) {
          session.RequestStop();
        }
        if (hook == "on_train_end") reads.end = TakeAll(session);
        return absl::OkStatus();
      });
  FitOptions options = {.epochs = kEpochs,
                        .batch_size = kBatch,
                        .verbose = 0,
                        .callbacks = {&hooks},
                        .resume_from = from};
  const auto model = MakeModel(7);
  {
    std::unique_ptr<BatchSource> source =
        Batch(Shuffle(SamplesPointer(samples), 3), kBatch);
    if (feed == Feed::kPrefetch) source = Prefetch(std::move(source), kAhead);
    EXPECT_TRUE(IsOk(feed == Feed::kSamples
                         ? model->Fit(Batches(SamplesPointer(samples)), options)
                         : model->Fit(Batches(*source), options)));
  }
  reads.counts = samples->counts();
  return reads;
}

TEST(ResumeReadsTest, NoSampleBeforeThePositionIsRead) {
  for (const Feed feed : {Feed::kSamples, Feed::kSource, Feed::kPrefetch}) {
    const Reads unbroken = FitCounting(feed, 0, nullptr);
    if (feed != Feed::kPrefetch) {
      EXPECT_EQ(unbroken.counts, std::vector<int>(kSamples, kEpochs));
    }
    for (const int64_t stop :
         {int64_t{1}, kSteps - 1, kSteps, kSteps + 1, 2 * kSteps - 1}) {
      SCOPED_TRACE(stop);
      const Reads before = FitCounting(feed, stop, nullptr);
      const Reads after = FitCounting(feed, 0, &before.end);
      int64_t read = 0;
      for (int64_t i = 0; i < kSamples; ++i) read += after.counts[i];
      const int64_t left = kEpochs * kSamples - stop * kBatch;
      EXPECT_GE(read, left);
      if (feed == Feed::kPrefetch) {
        // Behind the last epoch the next is begun.
        EXPECT_LE(read, left + kAhead * kBatch);
        continue;
      }
      // Each is read once an epoch, by one run or the other.
      for (int64_t i = 0; i < kSamples; ++i) {
        EXPECT_EQ(before.counts[i] + after.counts[i], kEpochs) << i;
      }
    }
  }
}

}  // namespace
}  // namespace cairn
