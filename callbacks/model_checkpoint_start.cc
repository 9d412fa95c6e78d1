// What a ModelCheckpoint does before the first step: it checks what it was
// given and prepares the folder.
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "callbacks/model_checkpoint.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "saving/save.h"
#include "saving/spare_files.h"
#include "saving/temporary_name.h"
#include "saving/write_bundle.h"

namespace cairn {
namespace {

using Kind = Trigger::Kind;

constexpr char kNumberedName[] = "ckpt-";
constexpr char kStateFile[] = "checkpoint";
constexpr char kTrialName[] = ".trial";

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
    // The error that led here says more; a next start clears what stays.
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

}  // namespace

std::string ModelCheckpoint::CommonName() const {
  return numbered() ? kNumberedName : BaseName(template_.literal_prefix());
}

IsMeant ModelCheckpoint::OwnNames() const {
  if (numbered()) return NumberedCheckpoints(kNumberedName);
  return [names = template_](absl::string_view name) {
    if (names.MatchesName(name)) return true;
    // Of a name that was taken.
    const size_t end = name.rfind(kStepMark);
    return names.has_places() && end != absl::string_view::npos &&
           NumberedCheckpoints(kStepMark)(name.substr(end)) &&
           names.MatchesName(name.substr(0, end));
  };
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
  if (options_.validate_when_saving && !absl::StartsWith(name, "val_")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ModelCheckpoint: validate_when_saving needs a monitor of the "
        "validation, such as \"val_loss\", and not \"",
        name, "\""));
  }
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
      absl::StartsWith(name, "val_") && !options_.validate_when_saving) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ModelCheckpoint: \"", name,
        "\" is known at the end of an epoch alone, so save_best_only goes with "
        "EveryEpochs(); within epochs set validate_when_saving, or monitor "
        "\"loss\""));
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
  // Before anything of another process could be taken for a left-over.
  auto opened = RunFolder::Open(
      files, folder_,
      absl::StrCat(".", CommonName().empty() ? "checkpoint" : CommonName(),
                   ".lock"));
  if (absl::IsFailedPrecondition(opened.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat(opened.status().message(),
                     "; two ModelCheckpoints of one run may share a folder if "
                     "the names of their checkpoints begin differently"));
  }
  CAIRN_RETURN_IF_ERROR(opened.status());
  run_folder_ = *std::move(opened);
  CAIRN_RETURN_IF_ERROR(
      Annotate(CheckWritable(folder_, files), "the folder for checkpoints"));
  // A whole one could be taken for the newest.
  CAIRN_RETURN_IF_ERROR(RemoveLeftovers(files, folder_, kTrialName).status());
  return RemoveCheckpoint(JoinPath(folder_, kTrialName), files,
                          options_.save.syncs());
}

absl::Status ModelCheckpoint::ClearRemains() const {
  FileSystem& files = *options_.save.files;
  CAIRN_RETURN_IF_ERROR(
      RemoveLeftovers(files, folder_, absl::StrCat(kStateFile, ".tmp-"))
          .status());
  if (!numbered() && !template_.has_places()) {
    return RemoveTemporaries(folder_, OwnNames(), files);
  }
  std::vector<std::string> names;
  if (CommonName().empty()) {
    CAIRN_ASSIGN_OR_RETURN(names, files.List(folder_));
  }
  const auto is_ours = [&, is_own = OwnNames()](absl::string_view name) {
    if (!is_own(name)) return false;
    // A number alone may be somebody else's name. The lock of a save that was
    // killed shows that it is not.
    return !CommonName().empty() ||
           std::binary_search(names.begin(), names.end(),
                              BaseName(BundleLockPath(std::string(name))));
  };
  return RemoveRemains(folder_, is_ours, files);
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
  pending_.reset();
  postponed_.clear();
  CAIRN_RETURN_IF_ERROR(CheckOptions(session));
  CAIRN_RETURN_IF_ERROR(PrepareFolder());
  running_ = true;
  if (options_.resume != Resume::kNever) {
    CAIRN_RETURN_IF_ERROR(ResumeRun(session));
  }
  CAIRN_RETURN_IF_ERROR(FindOtherRuns(session));
  // A run that is refused has changed nothing.
  CAIRN_RETURN_IF_ERROR(ClearRemains());
  if (resumed_.has_value()) {
    CAIRN_RETURN_IF_ERROR(ApplyRetention(folder_, MakeRetention(), OwnNames(),
                                         options_.save, kept_)
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

absl::Status ModelCheckpoint::TrySaving(TrainingSession& session) {
  CAIRN_ASSIGN_OR_RETURN(Snapshot snapshot,
                         session.TakeSnapshot(WantedParts()));
  const int64_t tensor_bytes = snapshot.TensorBytes();
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
  if (numbered() || !template_.has_places()) {
    spares_ = std::make_unique<SpareFiles>();
  }
  StartBackground(snapshot);
  schedule_ = SaveSchedule(options_.every, options_.overhead,
                           options_.save.files, options_.clock);
  schedule_.Begin(session.step(), cost);
  return absl::OkStatus();
}

}  // namespace cairn
