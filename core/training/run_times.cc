#include "core/training/run_times.h"

namespace cairn {

absl::Duration RunTimes::total() const {
  return data + compute + validation + callbacks + rest;
}

absl::Duration RunTimes::per_step() const {
  return steps == 0 ? absl::ZeroDuration() : (data + compute) / steps;
}

double RunTimes::samples_per_second() const {
  const double seconds = absl::ToDoubleSeconds(data + compute);
  return seconds > 0 ? static_cast<double>(samples) / seconds : 0;
}

RunTimer::Part RunTimer::Enter(Part part) {
  const Part before = part_;
  if (part == before) return before;
  const Clock::time_point now = Clock::now();
  parts_[static_cast<size_t>(before)] += now - since_;
  since_ = now;
  part_ = part;
  return before;
}

void RunTimer::AddStep(int64_t samples) {
  ++steps_;
  samples_ += samples;
}

RunTimes RunTimer::Read() const {
  auto parts = parts_;
  parts[static_cast<size_t>(part_)] += Clock::now() - since_;
  const auto of = [&](Part part) {
    return absl::FromChrono(parts[static_cast<size_t>(part)]);
  };
  return {.steps = steps_,
          .samples = samples_,
          .data = of(Part::kData),
          .compute = of(Part::kCompute),
          .validation = of(Part::kValidation),
          .callbacks = of(Part::kCallbacks),
          .rest = of(Part::kRest)};
}

}  // namespace cairn
