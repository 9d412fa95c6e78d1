#include "callbacks/monitor.h"

#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

bool IsBetterLarger(const std::string& name) {
  for (const char* part : {"acc", "auc", "precision", "recall"}) {
    if (absl::StrContains(name, part)) return true;
  }
  return absl::StartsWith(name, "fmeasure");
}

}  // namespace

Monitor::Monitor(std::string name, MonitorMode mode,
                 std::optional<double> threshold)
    : name_(std::move(name)),
      larger_is_better_(mode == MonitorMode::kMax ||
                        (mode == MonitorMode::kAuto && IsBetterLarger(name_))),
      threshold_(threshold) {}

bool Monitor::Update(double value, int64_t step) {
  value_ = value;
  value_step_ = step;
  if (std::isnan(value)) return false;
  const bool has_best = !std::isnan(best_);
  if (has_best && !IsBetter(value, best_)) return false;
  if (!has_best && threshold_.has_value() && !IsBetter(value, *threshold_)) {
    return false;
  }
  best_ = value;
  best_step_ = step;
  return true;
}

void Monitor::ClearValue() {
  value_ = kNone;
  value_step_ = -1;
}

State Monitor::SaveState() const {
  if (!active()) return {};
  return {.values = Config::Object{{"monitor", name_},
                                   {"mode", larger_is_better_ ? "max" : "min"},
                                   {"value", value_},
                                   {"value_step", value_step_},
                                   {"best", best_},
                                   {"best_step", best_step_}}};
}

absl::Status Monitor::RestoreState(const State& state) {
  // A run that had no monitor may get one, and the other way round.
  if (state.values.is_null() || !active()) return absl::OkStatus();
  CAIRN_ASSIGN_OR_RETURN(const std::string name,
                         state.values.Get<std::string>("monitor"));
  CAIRN_ASSIGN_OR_RETURN(const std::string mode,
                         state.values.Get<std::string>("mode"));
  if (name != name_ || (mode == "max") != larger_is_better_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the saved run monitors \"", name, "\" (", mode, "), this one \"",
        name_, "\" (", larger_is_better_ ? "max" : "min",
        "); go on with the same monitor, or give the callback another name"));
  }
  CAIRN_ASSIGN_OR_RETURN(const double best, state.values.Get<double>("best"));
  CAIRN_ASSIGN_OR_RETURN(const int64_t best_step,
                         state.values.Get<int64_t>("best_step"));
  best_ = best;
  best_step_ = best_step;
  // The snapshots of others have it until the next.
  value_step_ = state.values.Get<int64_t>("value_step").value_or(-1);
  value_ = value_step_ < 0 ? kNone
                           : state.values.Get<double>("value").value_or(kNone);
  return absl::OkStatus();
}

}  // namespace cairn
