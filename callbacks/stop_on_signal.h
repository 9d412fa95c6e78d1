#ifndef CAIRN_CALLBACKS_STOP_ON_SIGNAL_H_
#define CAIRN_CALLBACKS_STOP_ON_SIGNAL_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/training/callback.h"

namespace cairn {

// Ends training at the next step when the process is asked to stop by SIGINT
// (Ctrl-C) or SIGTERM, so that a ModelCheckpoint can save the state and Fit()
// returns as after any other end. The same signal sent again ends the process
// at once. The handlers are in place from OnTrainBegin() to OnTrainEnd(); those
// of before are then put back. A signal that is ignored, as under nohup, stays
// so. One at a time in a process. List it before
// callbacks that are to see the stop in the same step.
class StopOnSignal : public StatelessCallback {
 public:
  ~StopOnSignal() override;
  absl::string_view class_name() const override { return "StopOnSignal"; }

  // The signal that arrived during the last run, or 0: also one that came too
  // late to end it early. A program that was stopped so exits with 128 + this.
  int signal() const { return signal_; }

  // FailedPrecondition if another one is in place.
  absl::Status OnTrainBegin(TrainingSession& session) override;
  absl::Status OnTrainBatchEnd(TrainingSession& session,
                               const Logs& logs) override;
  absl::Status OnTrainEnd(TrainingSession& session, const Logs& logs) override;

 private:
  void PutBack();

  bool installed_ = false;
  int signal_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_STOP_ON_SIGNAL_H_
