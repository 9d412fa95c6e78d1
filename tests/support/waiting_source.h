#ifndef CAIRN_TESTS_SUPPORT_WAITING_SOURCE_H_
#define CAIRN_TESTS_SUPPORT_WAITING_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/data/batch_source.h"
#include "tests/support/forwarding_source.h"

namespace cairn {

// A source of which no batch is there when it is first asked for, and each is
// when it is asked for again. It waits for nothing itself.
class WaitingSource : public ForwardingSource {
 public:
  explicit WaitingSource(std::unique_ptr<BatchSource> source)
      : ForwardingSource(std::move(source)) {}

  // How many batches were read, ends of epochs included.
  int reads() const { return reads_; }

  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) override {
    ++reads_;
    is_there_ = false;
    return ForwardingSource::Next(destinations);
  }
  bool AwaitNext(absl::Duration) override {
    return std::exchange(is_there_, true);
  }

 private:
  bool is_there_ = false;
  int reads_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_WAITING_SOURCE_H_
