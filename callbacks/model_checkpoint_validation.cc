// How a ModelCheckpoint validates what it saves within an epoch, and what it
// must remember for that.
#include <optional>
#include <utility>

#include "callbacks/model_checkpoint.h"
#include "core/base/config.h"
#include "core/base/status_macros.h"

namespace cairn {

absl::Status ModelCheckpoint::OnTrainBatchBegin(TrainingSession& session) {
  if (!unvalidated_.has_value()) return absl::OkStatus();
  return ValidateAndSave(
      session, Logs(*unvalidated_),
      {.why = "after a validation that was stopped", .planned = true});
}

absl::Status ModelCheckpoint::ValidateAndSave(TrainingSession& session,
                                              const Logs& logs, Due due) {
  unvalidated_ = logs;
  validating_ = true;
  asked_while_validating_ = false;
  const auto validated = session.Validate();
  validating_ = false;
  CAIRN_RETURN_IF_ERROR(validated.status());
  // The end of training is saved; who goes on from there begins with this.
  if (!validated->has_value()) return absl::OkStatus();
  unvalidated_.reset();
  Logs all = logs;
  all.insert(all.end(), (*validated)->begin(), (*validated)->end());
  due.asked_for |= asked_while_validating_;
  return SaveIfWanted(session, all, due);
}

State ModelCheckpoint::SaveState() const {
  State state = monitor_.SaveState();
  if (!unvalidated_.has_value()) return state;
  Config logs = Config::Object();
  for (const auto& [name, value] : *unvalidated_) logs.Set(name, value);
  state.values.Set("unvalidated", std::move(logs));
  return state;
}

absl::Status ModelCheckpoint::RestoreState(const State& state) {
  std::optional<Logs> unvalidated;
  if (options_.validate_when_saving && state.values.is_object() &&
      state.values.Find("unvalidated").ok()) {
    CAIRN_ASSIGN_OR_RETURN(const Config::Object logs,
                           state.values.Get<Config::Object>("unvalidated"));
    unvalidated.emplace();
    for (const auto& [name, value] : logs) {
      CAIRN_ASSIGN_OR_RETURN(const double number, value.As<double>());
      unvalidated->emplace_back(name, number);
    }
  }
  CAIRN_RETURN_IF_ERROR(monitor_.RestoreState(state));
  unvalidated_ = std::move(unvalidated);
  return absl::OkStatus();
}

}  // namespace cairn
