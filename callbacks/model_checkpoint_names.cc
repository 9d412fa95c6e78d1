// What a ModelCheckpoint calls the checkpoint that it saves.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "callbacks/model_checkpoint.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"

namespace cairn {

int64_t ModelCheckpoint::EpochNumber(const TrainingSession& session) const {
  return session.step_in_epoch() > 0 ? session.epoch() + 1
                                     : session.epochs_done();
}

bool ModelCheckpoint::NamesEpochsAlone() const {
  const std::vector<std::string> names = template_.names();
  // What a validation says is nan until the epoch ends.
  return !names.empty() &&
         std::all_of(names.begin(), names.end(), [](const std::string& name) {
           return name == "epoch" || absl::StartsWith(name, "val_");
         });
}

absl::Status ModelCheckpoint::CheckFree(const std::string& prefix,
                                        const TrainingSession& session) const {
  if (options_.other_runs == OtherRuns::kKeep && others_.count(prefix) > 0) {
    return absl::AlreadyExistsError(
        absl::StrCat(prefix, " is another run's checkpoint; choose another ",
                     numbered() ? "directory" : "path",
                     ", or allow it to be replaced (OtherRuns::kReplace)"));
  }
  for (const KeptCheckpoint& kept : kept_) {
    if (kept.prefix != prefix || kept.step == session.step() ||
        !template_.has_places()) {
      continue;
    }
    // What was saved in the middle of an epoch makes way for its end, and for
    // what is asked for later in it where the name cannot tell the two apart.
    const bool is_of_this_epoch =
        kept.epoch < 0 && kept.epoch_number == EpochNumber(session);
    if (is_of_this_epoch &&
        (session.step_in_epoch() == 0 || NamesEpochsAlone())) {
      continue;
    }
    return absl::AlreadyExistsError(absl::StrCat(
        prefix, " is the name of what was saved after step ", kept.step,
        "; put {epoch} or {step} into the path \"", options_.path, "\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ModelCheckpoint::PrefixFor(
    const TrainingSession& session, const Logs& logs, const Due& due) const {
  if (numbered()) {
    const std::string prefix =
        JoinPath(folder_, absl::StrCat(CommonName(), session.step()));
    CAIRN_RETURN_IF_ERROR(CheckFree(prefix, session));
    return prefix;
  }
  const double now =
      std::floor(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
  Logs values = {{"epoch", static_cast<double>(EpochNumber(session))},
                 {"step", static_cast<double>(session.step())},
                 {"batch", static_cast<double>(last_batch_)},
                 {"time", now}};
  values.insert(values.end(), logs.begin(), logs.end());
  // Within an epoch there is no "val_loss" yet: better a strange name than a
  // lost run.
  for (const std::string& name : template_.names()) {
    if (std::isnan(FindLog(values, name))) {
      values.emplace_back(name, std::numeric_limits<double>::quiet_NaN());
    }
  }
  const auto filled = template_.Fill(values);
  if (!filled.ok()) return Annotate(filled.status(), options_.path);
  const absl::Status free = CheckFree(*filled, session);
  if (free.ok()) return *filled;
  // What cannot be had later is not lost for the sake of a name.
  if (!due.asked_for && !due.at_end) return free;
  const std::string another = absl::StrCat(*filled, kStepMark, session.step());
  CAIRN_RETURN_IF_ERROR(CheckFree(another, session));
  return another;
}

}  // namespace cairn
