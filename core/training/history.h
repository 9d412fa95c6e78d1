#ifndef CAIRN_CORE_TRAINING_HISTORY_H_
#define CAIRN_CORE_TRAINING_HISTORY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/config.h"
#include "core/training/run_times.h"

namespace cairn {

// Names and values in the order Keras prints them: "loss", the metrics, then
// the same with "val_".
using Logs = std::vector<std::pair<std::string, double>>;

// NaN if there is no such name.
double FindLog(const Logs& logs, absl::string_view name);

// The logs of each epoch of a run; after a resume those of the earlier ones
// too.
class History {
 public:
  void Add(int64_t epoch, const Logs& logs);

  const std::vector<int64_t>& epochs() const { return epochs_; }
  // One value per epoch; null if there is no such name.
  const std::vector<double>* Find(absl::string_view name) const;
  std::vector<std::string> names() const;

  // Where the time of the Fit() that returned this went. Not saved.
  const RunTimes& times() const { return times_; }
  void set_times(const RunTimes& times) { times_ = times; }

  // {"epoch": [0, 1], "history": {"loss": [0.3, 0.1]}}.
  Config ToConfig() const;
  static absl::StatusOr<History> FromConfig(const Config& config);

 private:
  std::vector<int64_t> epochs_;
  std::vector<std::pair<std::string, std::vector<double>>> values_;
  RunTimes times_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_HISTORY_H_
