// What a ModelCheckpoint does before the first step: it checks what it was
// given, prepares the folder and finds the run to go on with.
#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "callbacks/model_checkpoint.h"
#include "core/base/annotate.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "saving/save.h"
#include "saving/snapshot_digest.h"
#include "saving/staged_write.h"

namespace cairn {
namespace {

using Kind = Trigger::Kind;

constexpr char kNumberedName[] = "ckpt-";
constexpr char kStateFile[] = "checkpoint";
constexpr char kTrialName[] = ".trial";

double NowInSeconds() {
  return absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
}

absl::Status CheckNotNegative(int64_t value, absl::string_view name) {
  if (value >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "ModelCheckpoint: ", name, " must not be negative, got ", value));
}

bool SavesWithinEpochs(const ModelCheckpointOptions& options) {
  const Trigger& every = options.every;
  return options.overhead > 0 || every.Has(Kind::kEverySteps) ||
         every.Has(Kind::kEverySeconds) || every.Has(Kind::kAtSteps);
}

// A file that can be made shows that others can, before a step is lost.
absl::Status CheckWritable(const std::string& folder, FileSystem& files) {
  const std::string probe = JoinPath(folder, ".writable.tmp-0");
  const std::string renamed = JoinPath(folder, ".writable.tmp-1");
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                         files.NewWritableFile(probe));
  CAIRN_RETURN_IF_ERROR(file->Close());
  const absl::Status status = files.Rename(probe, renamed);
  if (!status.ok()) {
    files.Remove(probe).IgnoreError();
    return Annotate(
        status,
        "a checkpoint comes into place by a rename, without which a crash "
        "could leave half of one; where the file system has none, save to a "
        "local disk and copy the files from there");
  }
  return files.Remove(renamed);
}

// Before a step is lost: room for one more checkpoint, and for its files.
absl::Status CheckSpace(const std::string& folder, int64_t tensor_bytes,
                        const SaveOptions& options) {
  // The data, the index, the state file, and one to spare.
  const int files_of_a_save = options.CountShards(tensor_bytes) + 3;
  const int64_t wanted = tensor_bytes + tensor_bytes / 50 + (64 << 10);
  CAIRN_ASSIGN_OR_RETURN(const FreeSpace free,
                         options.files->FindFreeSpace(folder));
  if (free.bytes >= wanted && free.files >= files_of_a_save) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrCat(
      "ModelCheckpoint: a checkpoint needs about ", wanted, " bytes and ",
      files_of_a_save, " files, and \"", folder, "\" has room for ", free.bytes,
      " bytes and ", free.files, " files; make room, or choose another place"));
}

int64_t TensorBytes(const Snapshot& snapshot) {
  int64_t bytes = 0;
  for (const auto* list : {&snapshot.weights, &snapshot.optimizer}) {
    for (const NamedTensor& tensor : *list) {
      bytes += static_cast<int64_t>(tensor.value.bytes().size());
    }
  }
  return bytes;
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

}  // namespace

std::string ModelCheckpoint::CommonName() const {
  return numbered() ? kNumberedName : BaseName(template_.literal_prefix());
}

absl::Status ModelCheckpoint::CheckOptions(const TrainingSession& session) {
  if (options_.directory.empty() == options_.path.empty()) {
    return absl::InvalidArgumentError(
        "ModelCheckpoint needs a directory or a path, and not both");
  }
  CAIRN_RETURN_IF_ERROR(Annotate(options_.every.Check(), "ModelCheckpoint"));
  for (const auto& [value, name] :
       {std::pair(options_.keep_last, "keep_last"),
        std::pair(options_.keep_best, "keep_best"),
        std::pair(options_.keep_every_epochs, "keep_every_epochs"),
        std::pair(options_.keep_every_steps, "keep_every_steps")}) {
    CAIRN_RETURN_IF_ERROR(CheckNotNegative(value, name));
  }
  if (!(options_.overhead >= 0 && options_.overhead < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("ModelCheckpoint: overhead is a part of the time, in "
                     "[0, 1), got ",
                     options_.overhead));
  }
  if (options_.keep_one_per < absl::ZeroDuration() ||
      options_.retry_time < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        "ModelCheckpoint: keep_one_per and retry_time must not be negative");
  }
  if (options_.save_weights_only && options_.resume != Resume::kNever) {
    return absl::InvalidArgumentError(
        "ModelCheckpoint: resuming needs more than the weights; leave "
        "save_weights_only out, or resume");
  }
  CAIRN_RETURN_IF_ERROR(CheckMonitor(session));
  return CheckPath(session);
}

absl::Status ModelCheckpoint::CheckMonitor(const TrainingSession& session) {
  const bool needed =
      options_.save_best_only || options_.every.Has(Kind::kOnBest);
  const std::string name =
      options_.monitor.empty() && needed ? "val_loss" : options_.monitor;
  monitor_ = Monitor();
  if (name.empty()) return absl::OkStatus();
  const std::vector<std::string> known = session.log_names();
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ModelCheckpoint: no epoch of this run has a \"", name,
        "\" to monitor; there are ", absl::StrJoin(known, ", "),
        session.has_validation()
            ? ""
            : ", and the same with \"val_\" if Fit() gets validation data"));
  }
  if (options_.save_best_only && SavesWithinEpochs(options_) &&
      absl::StartsWith(name, "val_")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ModelCheckpoint: \"", name,
        "\" is known at the end of an epoch alone, so save_best_only goes with "
        "EveryEpochs(); within epochs monitor \"loss\""));
  }
  monitor_ = Monitor(name, options_.mode, options_.initial_value_threshold);
  return absl::OkStatus();
}

absl::Status ModelCheckpoint::CheckPath(const TrainingSession& session) {
  CAIRN_ASSIGN_OR_RETURN(template_, PathTemplate::Parse(options_.path));
  const std::string example =
      numbered() ? JoinPath(options_.directory, absl::StrCat(kNumberedName, 0))
                 : options_.path;
  CAIRN_RETURN_IF_ERROR(
      Annotate(CheckSavePath(example, options_.save), "ModelCheckpoint"));
  if (!numbered() && !template_.has_places() &&
      options_.save.overwrite == Overwrite::kFail) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ModelCheckpoint: each save replaces the one before at \"",
        options_.path,
        "\"; allow that, or give a path with places, such as {epoch}"));
  }
  const bool may_be_asked = options_.every.Has(Kind::kOnSignal) ||
                            options_.every.Has(Kind::kOnRequest);
  if (!numbered() && !template_.has_places() && options_.save_best_only &&
      may_be_asked) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ModelCheckpoint: what a signal or a file asks for would replace the "
        "best at \"",
        options_.path, "\"; give a directory, or a path with places"));
  }
  const std::vector<std::string> names = template_.names();
  if (SavesWithinEpochs(options_) && NamesEpochsAlone()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ModelCheckpoint: what is saved within an epoch would replace what was "
        "before; put {step} into the path \"",
        options_.path, "\""));
  }
  Logs ones;
  std::vector<std::string> known = {"epoch", "step", "batch", "time"};
  for (const std::string& name : session.log_names()) known.push_back(name);
  for (const std::string& name : names) {
    ones.emplace_back(name, 1);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "ModelCheckpoint: nothing is called \"", name, "\" in \"",
          options_.path, "\"; there are ", absl::StrJoin(known, ", ")));
    }
  }
  CAIRN_ASSIGN_OR_RETURN(const std::string filled, template_.Fill(ones));
  if (template_.has_places() &&
      DirectoryOf(filled) !=
          DirectoryOf(absl::StrCat(template_.literal_prefix(), "x"))) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ModelCheckpoint: \"", options_.path,
        "\" has a place in the name of a folder; all checkpoints of a run lie "
        "in one"));
  }
  folder_ =
      numbered() ? options_.directory : DirectoryOf(template_.literal_prefix());
  return absl::OkStatus();
}

absl::Status ModelCheckpoint::PrepareFolder() {
  FileSystem& files = *options_.save.files;
  CAIRN_RETURN_IF_ERROR(
      Annotate(files.CreateDirectories(folder_), "the folder for checkpoints"));
  // Before anything of another process could be taken for a left-over.
  CAIRN_ASSIGN_OR_RETURN(
      lock_,
      files.Lock(JoinPath(
          folder_,
          absl::StrCat(".", CommonName().empty() ? "checkpoint" : CommonName(),
                       ".lock"))));
  CAIRN_RETURN_IF_ERROR(
      Annotate(CheckWritable(folder_, files), "the folder for checkpoints"));
  // A whole one could be taken for the newest.
  CAIRN_RETURN_IF_ERROR(RemoveLeftovers(files, folder_, kTrialName).status());
  return RemoveCheckpoint(JoinPath(folder_, kTrialName), files,
                          options_.save.syncs());
}

absl::StatusOr<std::vector<CheckpointSummary>> ModelCheckpoint::ListFolder()
    const {
  FileSystem& files = *options_.save.files;
  CAIRN_ASSIGN_OR_RETURN(std::vector<CheckpointSummary> all,
                         ListCheckpoints(folder_, files));
  if (!numbered()) return all;
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         files.List(folder_));
  const auto is_half = [&](const CheckpointSummary& one) {
    const std::string base = BaseName(one.prefix);
    absl::string_view number = base;
    if (one.status.ok() || !absl::ConsumePrefix(&number, kNumberedName) ||
        number.find_first_not_of("0123456789") != absl::string_view::npos) {
      return false;
    }
    return std::none_of(
        names.begin(), names.end(), [&](const std::string& name) {
          return absl::StartsWith(name, absl::StrCat(base, ".data-"));
        });
  };
  all.erase(std::remove_if(all.begin(), all.end(), is_half), all.end());
  return all;
}

absl::Status ModelCheckpoint::RemoveRemains() const {
  FileSystem& files = *options_.save.files;
  // A template that begins with a place has no name of its own to go by.
  if (!CommonName().empty()) {
    CAIRN_RETURN_IF_ERROR(
        RemoveLeftovers(files, folder_, CommonName()).status());
  }
  CAIRN_RETURN_IF_ERROR(
      RemoveLeftovers(files, folder_, absl::StrCat(kStateFile, ".tmp-"))
          .status());
  if (!numbered()) return absl::OkStatus();
  return RemoveHalfCheckpoints(folder_, kNumberedName, files);
}

absl::Status ModelCheckpoint::OnTrainBegin(TrainingSession& session) {
  resumed_.reset();
  kept_.clear();
  others_.clear();
  last_save_ = {};
  totals_ = {};
  failure_ = absl::OkStatus();
  epoch_end_ = {};
  epoch_logs_.clear();
  due_at_epoch_end_ = {};
  postponed_.clear();
  CAIRN_RETURN_IF_ERROR(CheckOptions(session));
  CAIRN_RETURN_IF_ERROR(PrepareFolder());
  running_ = true;
  if (options_.resume != Resume::kNever) {
    CAIRN_RETURN_IF_ERROR(ResumeRun(session));
  }
  CAIRN_RETURN_IF_ERROR(FindOtherRuns(session));
  // A run that is refused has changed nothing.
  CAIRN_RETURN_IF_ERROR(RemoveRemains());
  if (resumed_.has_value()) {
    CAIRN_RETURN_IF_ERROR(
        ApplyRetention(folder_, MakeRetention(), options_.save, kept_)
            .status());
  }
  last_saved_ = MomentOf(session);
  last_batch_ = session.step_in_epoch();
  Say(absl::StrCat("keeps ", DescribeRetention(), " in \"", folder_, "\""));
  return TrySaving(session);
}

std::string ModelCheckpoint::DescribeRetention() const {
  if (!numbered() && !template_.has_places()) return "one checkpoint";
  const Retention rules = MakeRetention();
  if (rules.last == 0) return "all checkpoints";
  std::vector<std::string> kept = {absl::StrCat("the newest ", rules.last)};
  if (rules.best > 0) {
    kept.push_back(
        absl::StrCat("the best ", rules.best, " by ", monitor_.name()));
  }
  if (rules.every_epochs > 0) {
    kept.push_back(absl::StrCat("every ", rules.every_epochs, "th epoch"));
  }
  if (rules.every_steps > 0) {
    kept.push_back(
        absl::StrCat("those of each ", rules.every_steps, "th step"));
  }
  if (rules.one_per_seconds > 0) {
    kept.push_back(
        absl::StrCat("one per ", absl::FormatDuration(options_.keep_one_per)));
  }
  return absl::StrJoin(kept, ", ");
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
    CheckpointRead read{.prefix = template_.literal_prefix()};
    CAIRN_ASSIGN_OR_RETURN(const bool exists,
                           files.Exists(absl::StrCat(read.prefix, ".index")));
    if (!exists) return std::nullopt;
    CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                           OpenFile(files, read.prefix));
    CAIRN_ASSIGN_OR_RETURN(read.snapshot, ReadAll(*reader, AllParts()));
    return Found{.read = std::move(read)};
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<CheckpointSummary> all,
                         ListFolder());
  std::map<std::string, std::string> runs;  // From id to a checkpoint's prefix.
  bool has_damaged = false;
  for (const CheckpointSummary& one : all) {
    if (!one.status.ok()) has_damaged = true;
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
  if (newest.snapshot.extras.count("run") == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        newest.prefix,
        " holds no run to go on with, such as weights alone; load them with "
        "LoadWeights(), or choose another path"));
  }
  if (!found->is_restored) {
    const auto report = session.Restore(newest.snapshot, options_.restore);
    if (!report.ok()) {
      return Annotate(report.status(),
                      absl::StrCat("cannot go on from ", newest.prefix));
    }
  }
  resumed_ = {.prefix = newest.prefix,
              .epoch = session.epoch(),
              .step = session.step()};
  if (options_.verbose > 0) {
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
  for (const CheckpointSummary& one : found) {
    const std::string name = BaseName(one.prefix);
    if (!one.status.ok() || one.epoch < 0 || one.step > resumed_->step ||
        one.run_id != session.run_id() ||
        !absl::StartsWith(name, CommonName())) {
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
      if (monitored.monitor == monitor_.name()) kept.value = monitored.value;
    }
    kept_.push_back(std::move(kept));
  }
  return absl::OkStatus();
}

absl::Status ModelCheckpoint::TrySaving(TrainingSession& session) {
  CAIRN_ASSIGN_OR_RETURN(Snapshot snapshot,
                         session.TakeSnapshot(WantedParts()));
  const int64_t tensor_bytes = TensorBytes(snapshot);
  CAIRN_RETURN_IF_ERROR(CheckSpace(folder_, tensor_bytes, options_.save));
  const double bytes = static_cast<double>(tensor_bytes);
  // Until one has been measured: a slow disk, and the time it takes to sync.
  double cost = 0.02 + bytes / 1e8;
  if (options_.trial_save || session.dry_run()) {
    const std::string prefix = JoinPath(folder_, kTrialName);
    FileSystem& files = *options_.save.files;
    const double begin = options_.clock();
    absl::Status status = WriteSnapshot(snapshot, prefix, options_.save);
    cost = options_.clock() - begin;
    if (status.ok()) status = VerifySnapshot(prefix, {.files = &files});
    const absl::Status removed =
        RemoveCheckpoint(prefix, files, options_.save.syncs());
    if (status.ok()) status = removed;
    CAIRN_RETURN_IF_ERROR(Annotate(status, "the trial save"));
    Say("a trial save was written and read back");
  }
  StartBackground(snapshot);
  schedule_ = SaveSchedule(options_.every, options_.overhead,
                           options_.save.files, options_.clock);
  schedule_.Begin(session.step(), cost);
  return absl::OkStatus();
}

}  // namespace cairn
