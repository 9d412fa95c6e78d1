#ifndef CAIRN_CALLBACKS_MONITOR_H_
#define CAIRN_CALLBACKS_MONITOR_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "core/tensor/state.h"

namespace cairn {

// Whether a smaller or a larger value of a metric is better. kAuto, as Keras
// has it: larger for accuracies ("acc"), "auc", "precision", "recall" and what
// begins with "fmeasure", else smaller.
enum class MonitorMode { kAuto, kMin, kMax };

// Follows one metric and knows the best value so far. What is not a number is
// never the best. Its state says what CheckpointSummary::monitored has.
class Monitor {
 public:
  Monitor() = default;  // Follows nothing.
  // `threshold` is what the first best value must be better than.
  Monitor(std::string name, MonitorMode mode, std::optional<double> threshold);

  bool active() const { return !name_.empty(); }
  const std::string& name() const { return name_; }
  bool larger_is_better() const { return larger_is_better_; }
  // NaN if there was none that is better than the threshold.
  double best() const { return best_; }
  int64_t best_step() const { return best_step_; }
  // Of what is saved next; NaN if there is none.
  double value() const { return value_; }

  // Takes the value after `step` steps. Returns whether it is the best so far.
  bool Update(double value, int64_t step);
  // What is saved next has no value, as in the middle of an epoch.
  void ClearValue();

  State SaveState() const;
  // InvalidArgument, and nothing changes, if it is of another metric or mode.
  absl::Status RestoreState(const State& state);

 private:
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  bool IsBetter(double value, double than) const {
    return larger_is_better_ ? value > than : value < than;
  }

  std::string name_;
  bool larger_is_better_ = false;
  std::optional<double> threshold_;
  double value_ = kNone, best_ = kNone;
  int64_t value_step_ = -1, best_step_ = -1;
};

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_MONITOR_H_
