#ifndef CAIRN_SAVING_WRITE_PACE_H_
#define CAIRN_SAVING_WRITE_PACE_H_

#include <cstdint>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/base/mutex.h"

namespace cairn {

// Holds those who write to so many bytes per second together, from the first
// piece on. Thread-safe.
class WritePace {
 public:
  // REQUIRES: `bytes_per_second` > 0. Tests turn time by the other two.
  explicit WritePace(int64_t bytes_per_second,
                     std::function<absl::Time()> now = absl::Now,
                     std::function<void(absl::Duration)> sleep = absl::SleepFor)
      : bytes_per_second_(bytes_per_second),
        now_(std::move(now)),
        sleep_(std::move(sleep)) {}

  // How much to write at once: a twentieth of a second's worth, and at least a
  // page.
  int64_t piece() const;
  // Waits until `bytes` more may have been written.
  void Wrote(int64_t bytes);

 private:
  const int64_t bytes_per_second_;
  const std::function<absl::Time()> now_;
  const std::function<void(absl::Duration)> sleep_;
  Mutex mutex_;
  // In the infinite past nothing is written yet.
  absl::Time begin_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_WRITE_PACE_H_
