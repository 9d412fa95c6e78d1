#include "callbacks/model_checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "callbacks/path_template.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "saving/staged_write.h"

namespace cairn {
namespace {

constexpr char kNumberedName[] = "ckpt-";
constexpr char kStateFile[] = "checkpoint";

std::string NumberedPrefix(const std::string& folder, int64_t step) {
  return JoinPath(folder, absl::StrCat(kNumberedName, step));
}

double NowInSeconds() {
  return absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
}

// Of all files of a checkpoint.
int64_t CountBytes(const std::string& prefix, FileSystem& files) {
  const auto found = ListCheckpoints(DirectoryOf(prefix), files);
  if (!found.ok()) return 0;
  for (const CheckpointSummary& checkpoint : *found) {
    if (BaseName(checkpoint.prefix) == BaseName(prefix)) {
      return checkpoint.bytes;
    }
  }
  return 0;
}

// A file that can be made shows that others can, before a step is lost.
absl::Status CheckWritable(const std::string& folder, FileSystem& files) {
  const std::string probe = JoinPath(folder, ".writable.tmp-0");
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                         files.NewWritableFile(probe));
  CAIRN_RETURN_IF_ERROR(file->Close());
  return files.Remove(probe);
}

}  // namespace

absl::Status ModelCheckpoint::CheckOptions() {
  if (options_.directory.empty() == options_.path.empty()) {
    return absl::InvalidArgumentError(
        "ModelCheckpoint needs a directory or a path, and not both");
  }
  if (options_.every.interval <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("ModelCheckpoint: the interval of saves must be positive, "
                     "got ",
                     options_.every.interval));
  }
  if (options_.keep_last < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("ModelCheckpoint: keep_last must not be negative, got ",
                     options_.keep_last));
  }
  if (options_.save_weights_only && options_.resume != Resume::kNever) {
    return absl::InvalidArgumentError(
        "ModelCheckpoint: resuming needs more than the weights; leave "
        "save_weights_only out, or resume");
  }
  CAIRN_ASSIGN_OR_RETURN(template_, PathTemplate::Parse(options_.path));
  const std::string example =
      numbered() ? NumberedPrefix(options_.directory, 0) : options_.path;
  CAIRN_RETURN_IF_ERROR(
      Annotate(CheckSavePath(example, options_.save), "ModelCheckpoint"));
  if (!numbered() && !template_.has_places() &&
      options_.save.overwrite == Overwrite::kFail) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ModelCheckpoint: each save replaces the one before at \"",
        options_.path,
        "\"; allow that, or give a path with places, such as {epoch}"));
  }
  Logs ones;
  for (const std::string& name : template_.names()) ones.emplace_back(name, 1);
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
  CAIRN_RETURN_IF_ERROR(
      Annotate(CheckWritable(folder_, files), "the folder for checkpoints"));
  const std::string ours =
      numbered() ? kNumberedName : BaseName(template_.literal_prefix());
  // A template that begins with a place has no name of its own to go by.
  if (!ours.empty()) {
    CAIRN_RETURN_IF_ERROR(RemoveLeftovers(files, folder_, ours).status());
  }
  CAIRN_RETURN_IF_ERROR(
      RemoveLeftovers(files, folder_, absl::StrCat(kStateFile, ".tmp-"))
          .status());
  if (!numbered()) return absl::OkStatus();
  return RemoveDataWithoutIndex(folder_, kNumberedName, files);
}

absl::Status ModelCheckpoint::OnTrainBegin(TrainingSession& session) {
  resumed_.reset();
  kept_.clear();
  timestamps_.clear();
  last_saved_step_ = session.step();
  in_epoch_ = false;
  due_at_epoch_end_ = false;
  CAIRN_RETURN_IF_ERROR(CheckOptions());
  CAIRN_RETURN_IF_ERROR(PrepareFolder());
  if (options_.resume != Resume::kNever) return ResumeRun(session);
  if (!numbered()) return absl::OkStatus();
  CAIRN_ASSIGN_OR_RETURN(const std::vector<CheckpointSummary> found,
                         ListCheckpoints(folder_, *options_.save.files));
  if (found.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "\"", folder_, "\" holds checkpoints of another run, such as ",
      found.back().prefix,
      "; go on with that run (Resume::kAuto), choose another folder, or "
      "remove this one"));
}

absl::StatusOr<std::optional<CheckpointRead>> ModelCheckpoint::FindNewest() {
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
    return read;
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<CheckpointSummary> all,
                         ListCheckpoints(folder_, files));
  const bool has_run = std::any_of(all.begin(), all.end(), [](const auto& one) {
    return one.epoch >= 0 || !one.status.ok();
  });
  if (!has_run) return std::nullopt;
  CAIRN_ASSIGN_OR_RETURN(CheckpointRead read,
                         ReadNewestCheckpoint(folder_, files));
  return read;
}

absl::Status ModelCheckpoint::ResumeRun(TrainingSession& session) {
  CAIRN_ASSIGN_OR_RETURN(const std::optional<CheckpointRead> newest,
                         FindNewest());
  if (!newest.has_value()) {
    if (options_.resume == Resume::kAuto) return absl::OkStatus();
    return absl::NotFoundError(
        absl::StrCat("there is no checkpoint to resume from in \"", folder_,
                     "\"; Resume::kAuto begins anew then"));
  }
  if (newest->snapshot.extras.count("run") == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        newest->prefix,
        " holds no run to go on with, such as weights alone; load them with "
        "LoadWeights(), or choose another path"));
  }
  const auto report = session.Restore(newest->snapshot, options_.restore);
  if (!report.ok()) {
    return Annotate(report.status(),
                    absl::StrCat("cannot go on from ", newest->prefix));
  }
  resumed_ = {.prefix = newest->prefix,
              .epoch = session.epoch(),
              .step = session.step()};
  last_saved_step_ = session.step();
  if (options_.verbose > 0) {
    std::printf(
        "ModelCheckpoint: resumed from %s (epoch %d, step %d)\n",
        newest->prefix.c_str(),
        static_cast<int>(std::min(session.epoch() + 1, session.epochs())),
        static_cast<int>(session.step()));
    std::fflush(stdout);
  }
  CAIRN_RETURN_IF_ERROR(TakeOverOlder());
  return Rotate();
}

absl::Status ModelCheckpoint::TakeOverOlder() {
  FileSystem& files = *options_.save.files;
  CAIRN_ASSIGN_OR_RETURN(const std::vector<CheckpointSummary> found,
                         ListCheckpoints(folder_, files));
  // Only times, and the names that a template cannot be recognized by, are
  // taken from the file that TensorFlow reads; it may be lost or damaged.
  const auto state = ReadCheckpointState(folder_, files);
  const auto time_of = [&](const std::string& prefix) -> double {
    if (!state.ok()) return 0;
    for (size_t i = 0; i < state->all.size(); ++i) {
      if (state->all[i] != BaseName(prefix)) continue;
      return i < state->timestamps.size() ? state->timestamps[i] : 1;
    }
    return 0;
  };
  for (const CheckpointSummary& checkpoint : found) {
    const bool is_ours =
        numbered()
            ? checkpoint.prefix == NumberedPrefix(folder_, checkpoint.step)
            : checkpoint.prefix == resumed_->prefix ||
                  time_of(checkpoint.prefix) > 0;
    if (!is_ours || !checkpoint.status.ok() || checkpoint.epoch < 0 ||
        checkpoint.step > resumed_->step) {
      continue;
    }
    kept_.push_back(checkpoint.prefix);
    const double time = time_of(checkpoint.prefix);
    timestamps_.push_back(time > 1 ? time : NowInSeconds());
  }
  return absl::OkStatus();
}

std::string ModelCheckpoint::EveryText() const {
  return absl::StrCat("every ", options_.every.interval, " steps");
}

absl::Status ModelCheckpoint::OnTrainBatchEnd(TrainingSession& session,
                                              const Logs& logs) {
  in_epoch_ = true;
  if (options_.every.unit != Trigger::Unit::kSteps ||
      session.step() % options_.every.interval != 0) {
    return absl::OkStatus();
  }
  // At the end of an epoch its logs belong to what is saved.
  if (session.is_last_step_of_epoch()) {
    due_at_epoch_end_ = true;
    return absl::OkStatus();
  }
  return Save(session, logs, EveryText());
}

absl::Status ModelCheckpoint::OnEpochEnd(TrainingSession& session,
                                         const Logs& logs) {
  if (options_.every.unit == Trigger::Unit::kEpochs &&
      (session.epoch() + 1) % options_.every.interval == 0) {
    CAIRN_RETURN_IF_ERROR(Save(session, logs, "end of epoch"));
  } else if (due_at_epoch_end_) {
    CAIRN_RETURN_IF_ERROR(Save(session, logs, EveryText()));
  }
  due_at_epoch_end_ = false;
  in_epoch_ = false;
  return absl::OkStatus();
}

absl::Status ModelCheckpoint::OnTrainEnd(TrainingSession& session,
                                         const Logs& logs) {
  // After an error the state may be half of a step's; nothing is lost but what
  // came after the last save.
  if (!session.status().ok()) {
    if (options_.verbose > 0) {
      std::printf(
          "ModelCheckpoint: not saved, since an error ended the run%s\n",
          kept_.empty()
              ? ""
              : absl::StrCat("; the newest is ", kept_.back()).c_str());
      std::fflush(stdout);
    }
    return absl::OkStatus();
  }
  if (session.step() == last_saved_step_) return absl::OkStatus();
  // Within an epoch there is no "val_loss" yet: better a strange name than a
  // lost run.
  Logs all = logs;
  for (const std::string& name : template_.names()) {
    if (std::isnan(FindLog(all, name))) {
      all.emplace_back(name, std::numeric_limits<double>::quiet_NaN());
    }
  }
  return Save(session, all, "end of training");
}

int64_t ModelCheckpoint::EpochNumber(const TrainingSession& session) const {
  return in_epoch_ ? session.epoch() + 1 : session.epoch();
}

absl::StatusOr<std::string> ModelCheckpoint::PrefixFor(
    const TrainingSession& session, const Logs& logs) const {
  if (numbered()) return NumberedPrefix(folder_, session.step());
  Logs values = {{"epoch", static_cast<double>(EpochNumber(session))},
                 {"step", static_cast<double>(session.step())}};
  values.insert(values.end(), logs.begin(), logs.end());
  const auto path = template_.Fill(values);
  if (!path.ok()) return Annotate(path.status(), options_.path);
  return path;
}

absl::Status ModelCheckpoint::Save(TrainingSession& session, const Logs& logs,
                                   absl::string_view why) {
  const absl::Time begin = absl::Now();
  CAIRN_ASSIGN_OR_RETURN(const std::string prefix, PrefixFor(session, logs));
  const Parts parts =
      options_.save_weights_only ? Parts{Part::kWeights} : AllParts();
  CAIRN_ASSIGN_OR_RETURN(Snapshot snapshot, session.TakeSnapshot(parts));
  snapshot.save_counter = session.step();
  CAIRN_RETURN_IF_ERROR(WriteSnapshot(snapshot, prefix, options_.save));
  last_saved_step_ = session.step();
  // A name that is used again moves to the end.
  const auto known = std::find(kept_.begin(), kept_.end(), prefix);
  if (known != kept_.end()) {
    timestamps_.erase(timestamps_.begin() + (known - kept_.begin()));
    kept_.erase(known);
  }
  kept_.push_back(prefix);
  timestamps_.push_back(NowInSeconds());
  CAIRN_RETURN_IF_ERROR(Rotate());
  if (options_.verbose > 0) {
    const double milliseconds = absl::ToDoubleMilliseconds(absl::Now() - begin);
    std::printf(
        "ModelCheckpoint: saved %s (%s, epoch %d, step %d, %lld bytes, %.0f "
        "ms)\n",
        prefix.c_str(), std::string(why).c_str(),
        static_cast<int>(EpochNumber(session)),
        static_cast<int>(session.step()),
        static_cast<long long>(CountBytes(prefix, *options_.save.files)),
        milliseconds);
    std::fflush(stdout);
  }
  return absl::OkStatus();
}

absl::Status ModelCheckpoint::Rotate() {
  std::vector<std::string> dropped;
  if (options_.keep_last > 0) {
    const auto most = static_cast<size_t>(options_.keep_last);
    while (kept_.size() > most) {
      dropped.push_back(kept_.front());
      kept_.erase(kept_.begin());
      timestamps_.erase(timestamps_.begin());
    }
  }
  // No name in TensorFlow's file may be one whose files are gone.
  CAIRN_RETURN_IF_ERROR(
      WriteCheckpointState(folder_, kept_, timestamps_, options_.save));
  for (const std::string& prefix : dropped) {
    CAIRN_RETURN_IF_ERROR(
        RemoveCheckpoint(prefix, *options_.save.files, options_.save.sync));
  }
  return absl::OkStatus();
}

}  // namespace cairn
