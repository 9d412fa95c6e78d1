#ifndef CAIRN_CALLBACKS_STOP_ON_SIGNAL_H_
#define CAIRN_CALLBACKS_STOP_ON_SIGNAL_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "callbacks/signal_watch.h"
#include "core/training/callback.h"

namespace cairn {

// Ends training at the next step when the process is asked to stop by SIGINT
// (Ctrl-C) or SIGTERM, so that a ModelCheckpoint can save the state and Fit()
// returns as after any other end. An evaluation or a prediction, within Fit()
// or alone, ends at its next batch. Where a batch is waited for (Prefetch()),
// the wait ends. The same signal sent again ends the process
// at once. The handlers are in place while the call runs that the callback was
// given to; those of before are then put back. A signal that is ignored, as
// under nohup, stays so. List it before callbacks that are to see the stop in
// the same step.
class StopOnSignal : public StatelessCallback {
 public:
  absl::string_view class_name() const override { return "StopOnSignal"; }

  // The signal that arrived during the last run, or 0: also one that came too
  // late to end it early. A program that was stopped so exits with 128 + this.
  int signal() const { return signal_; }

  absl::Status OnTrainBegin(TrainingSession& session) override;
  absl::Status OnTrainBatchEnd(TrainingSession& session,
                               const Logs& logs) override;
  absl::Status OnTrainEnd(TrainingSession& session, const Logs& logs) override;
  absl::Status OnDataWait(TrainingSession& session, const Logs& logs) override;
  absl::Status OnTestBegin(TrainingSession& session) override;
  absl::Status OnTestBatchEnd(TrainingSession& session,
                              const Logs& logs) override;
  absl::Status OnTestEnd(TrainingSession& session, const Logs& logs) override;
  absl::Status OnPredictBegin(TrainingSession& session) override;
  absl::Status OnPredictBatchEnd(TrainingSession& session) override;
  absl::Status OnPredictEnd(TrainingSession& session) override;

 private:
  void Begin();
  void Look(TrainingSession& session);
  void End();

  std::unique_ptr<SignalWatch> watch_;  // Null while nothing runs.
  bool training_ = false;
  int signal_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_STOP_ON_SIGNAL_H_
