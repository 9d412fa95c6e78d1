#include "core/training/callback.h"

namespace cairn {

absl::Status Callback::OnTrainBegin(TrainingSession&) {
  return absl::OkStatus();
}

absl::Status Callback::OnTrainEnd(TrainingSession&, const Logs&) {
  return absl::OkStatus();
}

absl::Status Callback::OnEpochBegin(TrainingSession&) {
  return absl::OkStatus();
}

absl::Status Callback::OnEpochEnd(TrainingSession&, const Logs&) {
  return absl::OkStatus();
}

absl::Status Callback::OnTrainBatchBegin(TrainingSession&) {
  return absl::OkStatus();
}

absl::Status Callback::OnTrainBatchEnd(TrainingSession&, const Logs&) {
  return absl::OkStatus();
}

absl::Status Callback::OnSavePoint(TrainingSession&, const Logs&) {
  return absl::OkStatus();
}

absl::Status Callback::OnDataWait(TrainingSession&, const Logs&) {
  return absl::OkStatus();
}

absl::Status Callback::OnTestBegin(TrainingSession&) {
  return absl::OkStatus();
}

absl::Status Callback::OnTestEnd(TrainingSession&, const Logs&) {
  return absl::OkStatus();
}

absl::Status Callback::OnTestBatchBegin(TrainingSession&) {
  return absl::OkStatus();
}

absl::Status Callback::OnTestBatchEnd(TrainingSession&, const Logs&) {
  return absl::OkStatus();
}

absl::Status Callback::OnPredictBegin(TrainingSession&) {
  return absl::OkStatus();
}

absl::Status Callback::OnPredictEnd(TrainingSession&) {
  return absl::OkStatus();
}

absl::Status Callback::OnPredictBatchBegin(TrainingSession&) {
  return absl::OkStatus();
}

absl::Status Callback::OnPredictBatchEnd(TrainingSession&) {
  return absl::OkStatus();
}

}  // namespace cairn
