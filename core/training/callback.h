#ifndef CAIRN_CORE_TRAINING_CALLBACK_H_
#define CAIRN_CORE_TRAINING_CALLBACK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/tensor/state.h"
#include "core/training/history.h"
#include "core/training/restore_options.h"
#include "core/training/run_times.h"
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
  // Steps done of the epoch that goes on, so 0 where one has ended and the next
  // has not begun: in OnEpochEnd() too.
  virtual int64_t step_in_epoch() const = 0;
  // Epochs that have ended, earlier sessions included.
  virtual int64_t epochs_done() const = 0;
  // Whether the state is that after whole steps. False where an error has ended
  // a step halfway.
  virtual bool step_is_whole() const = 0;
  // How many epochs Fit() was asked for.
  virtual int64_t epochs() const = 0;
  // Of the run's order and random ops.
  virtual uint64_t seed() const = 0;
  // Of the training data; 0 outside Fit().
  virtual int64_t batch_size() const = 0;
  // The same text for an equal run: of the same seed, model, compiled settings
  // and size of data. A run that is resumed keeps it. Empty outside Fit().
  virtual const std::string& run_id() const = 0;
  // Whether each epoch ends with a validation.
  virtual bool has_validation() const = 0;
  // What the logs of OnEpochEnd() will have, in their order: "loss", the
  // metrics, then the same with "val_". Outside Fit() those of OnTestEnd().
  virtual std::vector<std::string> log_names() const = 0;
  // Whether this is an evaluation or a prediction, also one within Fit(): then
  // step() stands still.
  virtual bool evaluating() const = 0;
  // Where the time of this Fit() went, up to now. All 0 outside Fit().
  virtual RunTimes times() const = 0;
  // Whether the run is only a trial: FitOptions::dry_run.
  virtual bool dry_run() const = 0;
  // Of the next step, and of this one within it.
  virtual float learning_rate() const = 0;
  // Overrides the optimizer's schedule from now on, also after a resume and in
  // later runs, until the model is compiled again.
  virtual void set_learning_rate(float rate) = 0;
  // Ends what is going on at the next chance. Training: Fit() returns after
  // this step, or after this epoch if it is at its end, or without the batch
  // that is waited for. Validation within
  // Fit(): it is left after this batch, and Fit() returns; a resumed run
  // validates anew, and so loses nothing. Evaluate() and Predict() alone: they
  // return Cancelled after this batch, unless it was the last.
  virtual void RequestStop() = 0;
  virtual bool stop_requested() const = 0;
  // OK while all goes well. In OnTrainEnd(), and in OnTestEnd() and
  // OnPredictEnd() outside Fit(), the error that ended it, after which a step
  // may be half done; Cancelled after a stop where that is the result.
  virtual const absl::Status& status() const = 0;
  // Evaluates the validation data in the state after the last step, with all
  // hooks of a test, and changes nothing of the run. Names begin with "val_".
  // Nothing if a stop is requested before its last batch. FailedPrecondition
  // without validation data and within an evaluation.
  virtual absl::StatusOr<std::optional<Logs>> Validate() = 0;
  // The tensors alias live memory: they are good until the hook returns.
  virtual absl::StatusOr<Snapshot> TakeSnapshot(const Parts& parts) = 0;
  // One that is good for longer: its tensors are copied into `buffers`, as by
  // Snapshot::Detach() and with what that requires, by the threads that
  // compute, which have nothing to do while a hook is called. REQUIRES: called
  // from a hook, on its thread.
  virtual absl::StatusOr<Snapshot> TakeDetachedSnapshot(
      const Parts& parts, SnapshotBuffers& buffers) = 0;
  // Puts the run back to `snapshot`, from which Fit() then goes on. All is
  // checked before anything is changed. Callbacks get their states after the
  // last OnTrainBegin(). REQUIRES: called from OnTrainBegin().
  virtual absl::StatusOr<RestoreReport> Restore(
      const Snapshot& snapshot, const RestoreOptions& options) = 0;
  // Whether the run was put back so already. REQUIRES: as Restore().
  virtual bool is_restored() const = 0;
};

// Follows a run. Any error stops it and is returned by Fit(). All hooks are
// empty unless overridden. "Test" is an evaluation, within Fit() or alone;
// every End takes logs. A hook is called on the training thread.
//
// The End of what the user called, OnTrainEnd() of Fit(), OnTestEnd() of
// Evaluate() and OnPredictEnd() of Predict(), is called also after an error or
// a stop, so that what was begun can be ended. The End of a part within it is
// called where that part is whole.
class Callback : public Stateful {
 public:
  virtual absl::string_view class_name() const = 0;
  // Keys its state; empty: its class name, then with _1, _2 among those of one
  // class.
  virtual std::string name() const { return ""; }

  virtual absl::Status OnTrainBegin(TrainingSession& session);
  virtual absl::Status OnTrainEnd(TrainingSession& session, const Logs& logs);
  virtual absl::Status OnEpochBegin(TrainingSession& session);
  virtual absl::Status OnEpochEnd(TrainingSession& session, const Logs& logs);
  virtual absl::Status OnTrainBatchBegin(TrainingSession& session);
  virtual absl::Status OnTrainBatchEnd(TrainingSession& session,
                                       const Logs& logs);
  // After OnTrainBatchEnd() of all callbacks, and after OnEpochEnd() of all:
  // what is saved here has what each has learned there. Also where a run goes
  // on from a snapshot, before anything is trained: a callback that had still
  // something to do at the moment that was saved does it here, and one that had
  // ended the run asks for the stop here, so that it is ended again. Then there
  // are no logs.
  virtual absl::Status OnSavePoint(TrainingSession& session, const Logs& logs);
  // Again and again while the next batch is waited for, of training, a test or
  // a prediction, where the source can tell (Prefetch() can). Logs are as in
  // the last batch's end.
  virtual absl::Status OnDataWait(TrainingSession& session, const Logs& logs);
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
