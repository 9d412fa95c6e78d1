#ifndef CAIRN_CORE_TRAINING_FIT_STATE_H_
#define CAIRN_CORE_TRAINING_FIT_STATE_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/training/batch_feed.h"
#include "core/training/callback_list.h"
#include "core/training/run_times.h"
#include "core/training/snapshot.h"
#include "core/training/trainer.h"

namespace cairn {

// A run as it was, in memory of its own.
struct Trainer::Backup {
  std::vector<Assignment> variables;
  std::vector<std::pair<Stateful*, State>> objects;
  State data;
  uint64_t seed = 0;
  int64_t epoch = 0, step = 0, step_in_epoch = 0;
  bool epoch_trained = false, rate_is_set = false;
  std::string run_id;
  History history;
};

// What Fit() has while it runs.
struct Trainer::FitState {
  const Batches* data = nullptr;
  const FitOptions* options = nullptr;
  RunTimer timer;
  std::optional<BatchFeed> feed;
  bool prepared = false;  // For data such as the feed's.
  std::optional<BatchFeed> validation;
  // The states of the run that was restored, and what was before it, until the
  // callbacks have taken theirs.
  std::optional<std::map<std::string, State>> restored;
  std::optional<Backup> before_restore;
  Logs epoch_logs;  // Of the epoch that ended last, validation included.
  bool resumed_in_epoch = false;  // The first epoch has begun already.
  // The step in the epoch at which a dry run ends it; 0: none.
  int64_t last_step = 0;
};

template <typename Hook, typename... Arguments>
absl::Status Trainer::Call(const std::vector<Callback*>& callbacks, Hook hook,
                           const Arguments&... arguments) {
  if (fit_ == nullptr) return CallEach(callbacks, hook, *this, arguments...);
  const RunTimer::Part before = fit_->timer.Enter(RunTimer::Part::kCallbacks);
  const absl::Status status = CallEach(callbacks, hook, *this, arguments...);
  fit_->timer.Enter(before);
  return status;
}

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_FIT_STATE_H_
