#include "callbacks/stop_on_signal.h"

#include <signal.h>

#include "absl/status/status.h"

namespace cairn {

void StopOnSignal::Begin() {
  signal_ = 0;
  watch_ = std::make_unique<SignalWatch>(std::vector<int64_t>{SIGINT, SIGTERM});
}

void StopOnSignal::Look(TrainingSession& session) {
  if (watch_ == nullptr || watch_->Take() == 0) return;
  signal_ = watch_->last();
  session.RequestStop();
}

void StopOnSignal::End() {
  if (watch_ == nullptr) return;
  watch_->Take();
  signal_ = watch_->last();
  watch_ = nullptr;
}

absl::Status StopOnSignal::OnTrainBegin(TrainingSession&) {
  training_ = true;
  Begin();
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnTrainBatchEnd(TrainingSession& session,
                                           const Logs&) {
  Look(session);
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnTrainEnd(TrainingSession&, const Logs&) {
  training_ = false;
  End();
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnDataWait(TrainingSession& session, const Logs&) {
  Look(session);
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnTestBegin(TrainingSession&) {
  if (!training_) Begin();
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnTestBatchEnd(TrainingSession& session,
                                          const Logs&) {
  Look(session);
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnTestEnd(TrainingSession&, const Logs&) {
  if (!training_) End();
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnPredictBegin(TrainingSession&) {
  if (!training_) Begin();
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnPredictBatchEnd(TrainingSession& session) {
  Look(session);
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnPredictEnd(TrainingSession&) {
  if (!training_) End();
  return absl::OkStatus();
}

}  // namespace cairn
