// How a ModelCheckpoint finds the run to go on with, and those of others.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "callbacks/model_checkpoint.h"
#include "core/base/annotate.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "saving/snapshot_digest.h"

namespace cairn {
namespace {

double NowInSeconds() {
  return absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
}

// When each checkpoint of a folder was written, by name, as far as the file
// that TensorFlow reads says it; that may be lost or damaged.
std::map<std::string, double> ReadTimes(const std::string& folder,
                                        FileSystem& files) {
  std::map<std::string, double> times;
  const auto state = ReadCheckpointState(folder, files);
  if (!state.ok()) return times;
  for (size_t i = 0; i < state->all.size() && i < state->timestamps.size();
       ++i) {
    times[state->all[i]] = state->timestamps[i];
  }
  return times;
}

// Whether a snapshot is of a later moment than the one a run is at.
bool IsNewer(const Snapshot& snapshot, const TrainingSession& session) {
  const Config& run = snapshot.extras.at(kRunExtras).values;
  const auto moment = [&](const char* part) {
    return run.Get<int64_t>(part).value_or(0);
  };
  // At the end of an epoch the next one goes on.
  return std::make_pair(moment("step"), moment("epoch")) >
         std::make_pair(session.step(), session.epoch());
}

}  // namespace

absl::StatusOr<std::vector<CheckpointSummary>> ModelCheckpoint::ListFolder()
    const {
  FileSystem& files = *options_.save.files;
  CAIRN_ASSIGN_OR_RETURN(std::vector<CheckpointSummary> all,
                         ListCheckpoints(folder_, files));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> half,
                         ListHalfCheckpoints(folder_, OwnNames(), files));
  const auto is_half = [&](const CheckpointSummary& one) {
    const std::string index = absl::StrCat(BaseName(one.prefix), ".index");
    return !one.status.ok() &&
           std::find(half.begin(), half.end(), index) != half.end();
  };
  all.erase(std::remove_if(all.begin(), all.end(), is_half), all.end());
  return all;
}

absl::Status ModelCheckpoint::FindOtherRuns(const TrainingSession& session) {
  // A path without places is one checkpoint, whatever lies beside it.
  if (!numbered() && !template_.has_places()) return absl::OkStatus();
  CAIRN_ASSIGN_OR_RETURN(const std::vector<CheckpointSummary> found,
                         ListFolder());
  for (const CheckpointSummary& checkpoint : found) {
    if (!absl::StartsWith(BaseName(checkpoint.prefix), CommonName())) continue;
    // Of a run that is gone on with, a damaged one may be, and one of a version
    // that wrote no id.
    const bool may_be_ours =
        checkpoint.run_id == session.run_id() || !checkpoint.status.ok() ||
        (checkpoint.run_id.empty() && checkpoint.epoch >= 0);
    if (resumed_.has_value() && may_be_ours) continue;
    others_.insert(checkpoint.prefix);
  }
  if (others_.empty() || options_.other_runs != OtherRuns::kRefuse) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "\"", folder_, "\" holds checkpoints of another run, such as ",
      *others_.rbegin(),
      "; go on with that run (Resume::kAuto), choose another folder, remove "
      "them, or allow them (OtherRuns::kKeep)"));
}

absl::StatusOr<std::optional<ModelCheckpoint::Found>>
ModelCheckpoint::FindChanged(TrainingSession& session,
                             const std::map<std::string, std::string>& runs) {
  std::optional<Found> found;
  absl::Status unreadable;
  std::vector<std::string> refused;
  for (const auto& [id, prefix] : runs) {
    if (id.empty()) continue;
    auto read = ReadNewestCheckpoint(folder_, *options_.save.files, id);
    if (!read.ok()) {
      unreadable.Update(read.status());
      continue;
    }
    // Changes nothing if it fails, or puts back what was before all.
    const auto report = session.Restore(read->snapshot, options_.restore);
    if (!report.ok()) {
      refused.push_back(absl::StrCat(
          read->prefix,
          " is taken for another run's: ", report.status().message()));
      if (found.has_value()) found->is_restored = false;
      continue;
    }
    if (found.has_value()) {
      return absl::FailedPreconditionError(absl::StrCat(
          found->read.prefix, " and ", read->prefix,
          " are of two runs that differ from this one only in what may have "
          "changed; give each run a folder"));
    }
    found = Found{.read = *std::move(read), .is_restored = true};
  }
  if (found.has_value()) return found;
  CAIRN_RETURN_IF_ERROR(unreadable);
  for (const std::string& line : refused) LogWarning(line);
  return std::nullopt;
}

absl::StatusOr<std::optional<ModelCheckpoint::Found>>
ModelCheckpoint::FindNewest(TrainingSession& session) {
  FileSystem& files = *options_.save.files;
  // A path without places is one checkpoint, whatever lies beside it.
  if (!numbered() && !template_.has_places()) {
    const std::string prefix = template_.literal_prefix();
    CAIRN_ASSIGN_OR_RETURN(const bool exists,
                           files.Exists(absl::StrCat(prefix, ".index")));
    if (!exists) return std::nullopt;
    CAIRN_ASSIGN_OR_RETURN(CheckpointRead read,
                           ReadCheckpointOrBackup(prefix, files));
    return Found{.read = std::move(read)};
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<CheckpointSummary> all,
                         ListFolder());
  std::map<std::string, std::string> runs;  // From id to a checkpoint's prefix.
  bool has_damaged = false;
  for (const CheckpointSummary& one : all) {
    if (!one.status.ok()) {
      // A device that does not answer is no reason to begin anew.
      if (IsOfDevice(one.status)) {
        return Annotate(one.status, absl::StrCat("the checkpoint ", one.prefix,
                                                 " cannot be read now"));
      }
      has_damaged = true;
    }
    if (one.status.ok() && one.epoch >= 0) runs[one.run_id] = one.prefix;
  }
  std::string wanted;
  if (options_.other_runs != OtherRuns::kRefuse || runs.size() > 1) {
    wanted = session.run_id();
    if (runs.count(wanted) == 0 && options_.other_runs == OtherRuns::kRefuse) {
      return absl::FailedPreconditionError(
          absl::StrCat("\"", folder_, "\" holds checkpoints of ", runs.size(),
                       " runs, such as ", runs.begin()->second, " and ",
                       runs.rbegin()->second,
                       ", and none is of this one; give each run a folder"));
    }
    // What may have changed is part of the id.
    if (runs.count(wanted) == 0) {
      if (options_.restore.allow_changed.empty()) return std::nullopt;
      return FindChanged(session, runs);
    }
  }
  if (runs.empty() && !has_damaged) return std::nullopt;
  CAIRN_ASSIGN_OR_RETURN(CheckpointRead read,
                         ReadNewestCheckpoint(folder_, files, wanted));
  return Found{.read = std::move(read)};
}

absl::Status ModelCheckpoint::ResumeRun(TrainingSession& session) {
  CAIRN_ASSIGN_OR_RETURN(const std::optional<Found> found, FindNewest(session));
  if (!found.has_value()) {
    if (options_.resume == Resume::kMust) {
      return absl::NotFoundError(
          absl::StrCat("there is no checkpoint to resume from in \"", folder_,
                       "\"; Resume::kAuto begins anew then"));
    }
    Say(
        absl::StrCat("begins anew, as there is no checkpoint to resume from "
                     "in \"",
                     folder_, "\""));
    return absl::OkStatus();
  }
  const CheckpointRead& newest = found->read;
  if (newest.snapshot.extras.count(kRunExtras) == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        newest.prefix,
        " holds no run to go on with, such as weights alone; load them with "
        "LoadWeights(), or choose another path"));
  }
  // Of several callbacks the one that has the newest is gone on with.
  const bool is_older =
      session.is_restored() && !IsNewer(newest.snapshot, session);
  if (!found->is_restored && !is_older) {
    const auto report = session.Restore(newest.snapshot, options_.restore);
    if (!report.ok()) {
      return Annotate(report.status(),
                      absl::StrCat("cannot go on from ", newest.prefix));
    }
  }
  resumed_ = {.prefix = newest.prefix,
              .epoch = session.epoch(),
              .step = session.step()};
  if (is_older) {
    Say(absl::StrCat("another callback's checkpoint is gone on with, as ",
                     newest.prefix, " is not newer"));
  } else if (options_.verbose > 0) {
    Say(absl::StrCat("resumed from ", newest.prefix, " (epoch ",
                     std::min(session.epoch() + 1, session.epochs()), ", step ",
                     session.step(), ", digest ",
                     SnapshotDigest(newest.snapshot), ")"));
  }
  return TakeOverOlder(session);
}

absl::Status ModelCheckpoint::TakeOverOlder(const TrainingSession& session) {
  FileSystem& files = *options_.save.files;
  CAIRN_ASSIGN_OR_RETURN(const std::vector<CheckpointSummary> found,
                         ListCheckpoints(folder_, files));
  const std::map<std::string, double> times = ReadTimes(folder_, files);
  const IsMeant is_own = OwnNames();
  for (const CheckpointSummary& one : found) {
    const std::string name = BaseName(one.prefix);
    if (!one.status.ok() || one.epoch < 0 || one.step > resumed_->step ||
        one.run_id != session.run_id() || !is_own(name)) {
      continue;
    }
    KeptCheckpoint kept{
        .prefix = one.prefix,
        .step = one.step,
        .epoch = one.step_in_epoch == 0 ? one.epoch : -1,
        .epoch_number = one.step_in_epoch == 0 ? one.epoch : one.epoch + 1,
        .time = NowInSeconds(),
        .value = std::numeric_limits<double>::quiet_NaN()};
    const auto time = times.find(name);
    if (time != times.end()) kept.time = time->second;
    for (const MonitoredValue& monitored : one.monitored) {
      // Of two that watch one metric the other may not have seen it yet.
      if (monitored.monitor == monitor_.name() && std::isnan(kept.value)) {
        kept.value = monitored.value;
      }
    }
    kept_.push_back(std::move(kept));
  }
  return absl::OkStatus();
}

}  // namespace cairn
