#ifndef CAIRN_TESTS_SUPPORT_FORWARDING_SOURCE_H_
#define CAIRN_TESTS_SUPPORT_FORWARDING_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/data/batch_source.h"

namespace cairn {

// A source that is another one, but for what a test overrides. It does not hand
// on AwaitNext().
class ForwardingSource : public BatchSource {
 public:
  explicit ForwardingSource(std::unique_ptr<BatchSource> source)
      : source_(std::move(source)) {}

  std::vector<BatchField> fields() const override { return source_->fields(); }
  int64_t batch_size() const override { return source_->batch_size(); }
  int64_t batches_per_epoch() const override {
    return source_->batches_per_epoch();
  }
  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) override {
    return source_->Next(destinations);
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
};

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_FORWARDING_SOURCE_H_
