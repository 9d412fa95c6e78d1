#ifndef CAIRN_TESTS_SUPPORT_WAITING_SOURCE_H_
#define CAIRN_TESTS_SUPPORT_WAITING_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/data/batch_source.h"

namespace cairn {

// A source of which no batch is there when it is first asked for, and each is
// when it is asked for again. It waits for nothing itself.
class WaitingSource : public BatchSource {
 public:
  explicit WaitingSource(std::unique_ptr<BatchSource> source)
      : source_(std::move(source)) {}

  // How many batches were read, ends of epochs included.
  int reads() const { return reads_; }

  std::vector<BatchField> fields() const override { return source_->fields(); }
  int64_t batch_size() const override { return source_->batch_size(); }
  int64_t batches_per_epoch() const override {
    return source_->batches_per_epoch();
  }
  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) override {
    ++reads_;
    is_there_ = false;
    return source_->Next(destinations);
  }
  bool AwaitNext(absl::Duration) override {
    return std::exchange(is_there_, true);
  }
  absl::Status StartEpoch(int64_t epoch) override {
    return source_->StartEpoch(epoch);
  }
  State SaveState() const override { return source_->SaveState(); }
  absl::Status RestoreState(const State& state) override {
    return source_->RestoreState(state);
  }

 private:
  const std::unique_ptr<BatchSource> source_;
  bool is_there_ = false;
  int reads_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_WAITING_SOURCE_H_
