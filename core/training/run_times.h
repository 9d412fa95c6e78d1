#ifndef CAIRN_CORE_TRAINING_RUN_TIMES_H_
#define CAIRN_CORE_TRAINING_RUN_TIMES_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace cairn {

// Where the time of one Fit() goes. Each moment counts for one part, so the
// parts add up to total(). Not of the sessions before a resume, and not saved:
// the files of equal runs are equal.
struct RunTimes {
  int64_t steps = 0, samples = 0;  // Of training.
  absl::Duration data;     // Reading batches to train on, or waiting for them.
  absl::Duration compute;  // Training steps.
  absl::Duration validation;  // Data and computing together.
  absl::Duration callbacks;   // All hooks: how long saving keeps training.
  absl::Duration rest;        // Tracing, planning, what is printed.

  absl::Duration total() const;
  // Of data and compute; 0 before the first step.
  absl::Duration per_step() const;
  double samples_per_second() const;
};

// Measures them. A change of parts reads a clock and allocates nothing.
class RunTimer {
 public:
  enum class Part { kRest, kData, kCompute, kValidation, kCallbacks };

  // Counts for kRest from here.
  RunTimer() : since_(Clock::now()) {}

  // Counts for `part` from here. Returns what it counted for before.
  Part Enter(Part part);
  void AddStep(int64_t samples);
  // Up to now.
  RunTimes Read() const;

 private:
  using Clock = std::chrono::steady_clock;

  std::array<Clock::duration, 5> parts_ = {};
  Part part_ = Part::kRest;
  Clock::time_point since_;
  int64_t steps_ = 0, samples_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_RUN_TIMES_H_
