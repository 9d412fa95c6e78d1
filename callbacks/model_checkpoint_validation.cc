// How a ModelCheckpoint validates what it saves within an epoch, and what it
// must remember of a save that is due.
#include <optional>
#include <string>
#include <utility>

#include "callbacks/model_checkpoint.h"
#include "core/base/config.h"
#include "core/base/status_macros.h"

namespace cairn {

absl::StatusOr<bool> ModelCheckpoint::ValidatePending(
    TrainingSession& session) {
  validating_ = true;
  asked_while_validating_ = false;
  const auto validated = session.Validate();
  validating_ = false;
  CAIRN_RETURN_IF_ERROR(validated.status());
  if (!validated->has_value()) return false;
  Logs& logs = pending_->logs;
  logs.insert(logs.end(), (*validated)->begin(), (*validated)->end());
  pending_->due.asked_for |= asked_while_validating_;
  return true;
}

State ModelCheckpoint::SaveState() const {
  State state = monitor_.SaveState();
  if (!pending_.has_value()) return state;
  if (state.values.is_null()) state.values = Config::Object();
  Config logs = Config::Object();
  for (const auto& [name, value] : pending_->logs) logs.Set(name, value);
  state.values.Set("pending",
                   Config::Object{{"why", pending_->due.why},
                                  {"asked_for", pending_->due.asked_for},
                                  {"planned", pending_->due.planned},
                                  {"batch", pending_->batch},
                                  {"validate", pending_->validate},
                                  {"logs", std::move(logs)}});
  return state;
}

absl::StatusOr<ModelCheckpoint::Pending> ModelCheckpoint::ReadPending(
    const Config& config) {
  Pending pending;
  CAIRN_ASSIGN_OR_RETURN(pending.due.why, config.Get<std::string>("why"));
  CAIRN_ASSIGN_OR_RETURN(pending.due.asked_for, config.Get<bool>("asked_for"));
  CAIRN_ASSIGN_OR_RETURN(pending.due.planned, config.Get<bool>("planned"));
  CAIRN_ASSIGN_OR_RETURN(pending.batch, config.Get<int64_t>("batch"));
  CAIRN_ASSIGN_OR_RETURN(pending.validate, config.Get<bool>("validate"));
  CAIRN_ASSIGN_OR_RETURN(const Config::Object logs,
                         config.Get<Config::Object>("logs"));
  for (const auto& [name, value] : logs) {
    CAIRN_ASSIGN_OR_RETURN(const double number, value.As<double>());
    pending.logs.emplace_back(name, number);
  }
  return pending;
}

absl::Status ModelCheckpoint::RestoreState(const State& state) {
  std::optional<Pending> pending;
  if (state.values.is_object() && state.values.Find("pending").ok()) {
    CAIRN_ASSIGN_OR_RETURN(const Config* const config,
                           state.values.Find("pending"));
    CAIRN_ASSIGN_OR_RETURN(pending, ReadPending(*config));
  }
  // Of one without a monitor the pending save is all.
  if (!pending.has_value() || state.values.Find("monitor").ok()) {
    CAIRN_RETURN_IF_ERROR(monitor_.RestoreState(state));
  }
  pending_ = std::move(pending);
  // An option that was taken back.
  if (pending_.has_value() && !options_.validate_when_saving) {
    pending_->validate = false;
  }
  return absl::OkStatus();
}

}  // namespace cairn
