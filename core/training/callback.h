#ifndef CAIRN_CORE_TRAINING_CALLBACK_H_
#define CAIRN_CORE_TRAINING_CALLBACK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/tensor/state.h"
#include "core/training/history.h"
#include "core/training/restore_options.h"
#include "core/training/snapshot.h"

namespace cairn {

// A run in progress, as callbacks see it.
class TrainingSession {
 public:
  virtual ~TrainingSession() = default;
  // Counted from 0; in OnEpochEnd() the one that ends.
  virtual int64_t epoch() const = 0;
  // Training steps done since the run began, earlier sessions included.
  virtual int64_t step() const = 0;
  // Whether the step done last is the last of its epoch. False where the data
  // do not say how many there are.
  virtual bool is_last_step_of_epoch() const = 0;
  // How many epochs Fit() was asked for.
  virtual int64_t epochs() const = 0;
  virtual float learning_rate() const = 0;
  // Fit() returns after this step, or after this epoch if it is at its end.
  virtual void RequestStop() = 0;
  virtual bool stop_requested() const = 0;
  // OK while all goes well. In OnTrainEnd() the error that ended the run, after
  // which a step may be half done.
  virtual const absl::Status& status() const = 0;
  // The tensors alias live memory: they are good until the hook returns.
  virtual absl::StatusOr<Snapshot> TakeSnapshot(const Parts& parts) = 0;
  // Puts the run back to `snapshot`, from which Fit() then goes on. All is
  // checked before anything is changed. Callbacks get their states after the
  // last OnTrainBegin(). REQUIRES: called from OnTrainBegin().
  virtual absl::StatusOr<RestoreReport> Restore(
      const Snapshot& snapshot, const RestoreOptions& options) = 0;
};

// Follows a run. Any error stops it and is returned by Fit(). All hooks are
// empty unless overridden. "Test" is an evaluation, within Fit() or alone;
// every End takes logs. A hook is called on the training thread.
class Callback : public Stateful {
 public:
  virtual absl::string_view class_name() const = 0;
  // Keys its state; empty: its class name, then with _1, _2 among those of one
  // class.
  virtual std::string name() const { return ""; }

  virtual absl::Status OnTrainBegin(TrainingSession& session);
  // Also after an error or a stop, so that what was begun can be ended.
  virtual absl::Status OnTrainEnd(TrainingSession& session, const Logs& logs);
  virtual absl::Status OnEpochBegin(TrainingSession& session);
  virtual absl::Status OnEpochEnd(TrainingSession& session, const Logs& logs);
  virtual absl::Status OnTrainBatchBegin(TrainingSession& session);
  virtual absl::Status OnTrainBatchEnd(TrainingSession& session,
                                       const Logs& logs);
  virtual absl::Status OnTestBegin(TrainingSession& session);
  virtual absl::Status OnTestEnd(TrainingSession& session, const Logs& logs);
  virtual absl::Status OnTestBatchBegin(TrainingSession& session);
  virtual absl::Status OnTestBatchEnd(TrainingSession& session,
                                      const Logs& logs);
  virtual absl::Status OnPredictBegin(TrainingSession& session);
  virtual absl::Status OnPredictEnd(TrainingSession& session);
  virtual absl::Status OnPredictBatchBegin(TrainingSession& session);
  virtual absl::Status OnPredictBatchEnd(TrainingSession& session);
};

// A callback with nothing to remember says so by its base class.
class StatelessCallback : public Callback {
  State SaveState() const final { return {}; }
  absl::Status RestoreState(const State&) final { return absl::OkStatus(); }
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_CALLBACK_H_
