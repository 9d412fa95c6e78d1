#include "saving/write_pace.h"

#include <algorithm>

namespace cairn {

int64_t WritePace::piece() const {
  constexpr int64_t kPage = 4096;
  return std::max(bytes_per_second_ / 20, kPage);
}

void WritePace::Wrote(int64_t bytes) {
  const absl::Time now = now_();
  absl::Time due;
  {
    MutexLock lock(mutex_);
    if (begin_ == absl::InfinitePast()) begin_ = now;
    bytes_ += bytes;
    due = begin_ + absl::Seconds(static_cast<double>(bytes_) /
                                 static_cast<double>(bytes_per_second_));
  }
  if (due > now) sleep_(due - now);
}

}  // namespace cairn
