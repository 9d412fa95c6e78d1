#ifndef CAIRN_CALLBACKS_MODEL_CHECKPOINT_H_
#define CAIRN_CALLBACKS_MODEL_CHECKPOINT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "callbacks/checkpoint_writing.h"
#include "callbacks/monitor.h"
#include "callbacks/path_template.h"
#include "callbacks/retention.h"
#include "callbacks/run_folder.h"
#include "callbacks/save_schedule.h"
#include "callbacks/trigger.h"
#include "core/training/callback.h"
#include "core/training/restore_options.h"
#include "core/training/run_times.h"
#include "saving/checkpoint_directory.h"
#include "saving/checkpoint_remains.h"
#include "saving/format.h"

namespace cairn {

// Whether a run goes on from the newest good checkpoint.
enum class Resume {
  kNever,
  kAuto,  // If there is one.
  kMust   // NotFound if there is none.
};

// What a new run does where another run's checkpoints lie.
enum class OtherRuns {
  kRefuse,  // FailedPrecondition before the first step.
  kKeep,    // Leaves them; a name that is taken is AlreadyExists.
  kReplace  // Leaves them, and replaces those of the same names.
};

// What is done when a save is due while one is still written.
enum class WhenBusy {
  kWait,     // Training waits until it has ended.
  kSkip,     // This save is left out, unless it was asked for from outside.
  kPostpone  // It is done at the first step at which that has ended, once for
             // all that have fallen due by then. What is due at the end of an
             // epoch waits: its metrics are those of that moment. So does what
             // was asked for from outside.
};

// What is done when a save fails.
enum class OnFailure {
  kStop,   // The run ends with the error.
  kWarn,   // A warning; training goes on, and the next save is tried. If the
           // last save of the run fails too, Fit() returns its error.
  kRetry,  // Tried again for retry_time, as long as the cause may pass (a full
           // disk, a device that does not answer, one that may not be written
           // now); then as kStop.
};

struct ModelCheckpointOptions {
  // Checkpoints "ckpt-<step>" in this folder. Give this or `path`.
  std::string directory;
  // As Keras's filepath: "training_1/cp.ckpt", which each save replaces, or a
  // template, "run/cp-{epoch:04d}-{val_loss:.2f}". {epoch} and {batch}, the
  // step in the epoch and at its end the last one, count from 1, {step} is the
  // run's, {time} the seconds since 1970; any name in the logs may stand there.
  // What an epoch that was stopped has no value of is nan. A name that what was
  // saved after another step has is AlreadyExists, unless that is of the middle
  // of the same epoch, which has ended since or whose moments the template
  // cannot tell apart. What is asked for from outside, and the end of training,
  // then gets "-step-" and the step behind its name.
  std::string path;

  // When. The end of training is saved besides. Where that is the end of an
  // epoch its metrics are those of the epoch.
  Trigger every = EveryEpochs(1);
  // Besides, as often as saving takes no more than this part of the time that
  // the run takes: 0.01 is one percent. 0: not so.
  double overhead = 0;
  // The metric that says which is best: "val_loss" if it is needed and empty.
  std::string monitor;
  MonitorMode mode = MonitorMode::kAuto;
  // What is due within an epoch, and not only asked for from outside, has the
  // value of its own state: the validation data are evaluated before it is
  // saved. Else it has none of a "val_" metric and is never the best. A stop in
  // that evaluation loses nothing: who goes on with the run makes up for it.
  // InvalidArgument if `monitor` is not of the validation.
  bool validate_when_saving = false;
  // What the first best value must be better than.
  std::optional<double> initial_value_threshold;
  // Of the saves that are due only those that are the best so far, and what a
  // person asks for by a signal or a file (OnSignal(), OnRequest()): that is
  // saved whatever its value, and within an epoch never counts as the best. A
  // `path` without places has no room for both and is InvalidArgument then.
  bool save_best_only = false;

  // Which stay. What any of these keeps stays, and the newest.
  // 0: all. Of a `path` that is no template there is one. Where 5 are kept a
  // line on standard error says so when the first is removed.
  int64_t keep_last = 5;
  int64_t keep_best = 1;          // If a metric is monitored.
  int64_t keep_every_epochs = 0;  // Ends of every n-th epoch; 0: none.
  int64_t keep_every_steps = 0;   // Of every n-th step; 0: none.
  // The first, and each that is so much later than the one before.
  absl::Duration keep_one_per = absl::ZeroDuration();  // 0: none.

  // Else all that resuming needs is saved.
  bool save_weights_only = false;
  // Writes in the background: training waits for a copy of the state alone. A
  // save that failed is noticed at the next step.
  bool asynchronous = false;
  WhenBusy when_busy = WhenBusy::kWait;
  OnFailure on_failure = OnFailure::kStop;
  absl::Duration retry_time = absl::Minutes(1);  // Of kRetry.
  // Saves once before the first step, reads it back and removes it, so that
  // what cannot work is known at once. A dry run does so anyway.
  bool trial_save = false;

  Resume resume = Resume::kNever;
  // If it allows changes, and other_runs other runs in the folder: where none
  // there equals this one, the one that differs in nothing else is gone on
  // with; FailedPrecondition if there are several such.
  RestoreOptions restore;
  OtherRuns other_runs = OtherRuns::kRefuse;
  SaveOptions save;
  int verbose = 0;  // 1: a line for each save and resume.
  // Distinguishes callbacks of this class, whose states are kept apart.
  std::string name;
  // Tests turn time by it.
  Clock clock = SecondsOfSteadyClock;
};

// Saves a run while it trains, as TensorFlow checkpoints, and goes on with one
// that was interrupted: at the next batch, bit for bit. As
// keras.callbacks.ModelCheckpoint, but that by default everything is saved that
// resuming needs. The end of training is saved too, also where it is stopped
// within an epoch or while it evaluates; after an error it is saved if `every`
// has OnError().
//
// The folder's file "checkpoint" names the newest, so that
// tf.train.latest_checkpoint finds it. What no rule keeps is removed once a
// newer one is in place; files that the run did not make are never touched.
// Several may save into one folder under names that begin differently: each
// removes its own, the file "checkpoint" names all, and the newest of all is
// gone on with.
// While it runs, the folder, or the `path`, is locked against other writers. A
// folder that somebody removes meanwhile is made anew at the next save.
class ModelCheckpoint : public Callback {
 public:
  explicit ModelCheckpoint(ModelCheckpointOptions options);
  ~ModelCheckpoint() override;
  absl::string_view class_name() const override { return "ModelCheckpoint"; }
  std::string name() const override { return options_.name; }

  // Where the last run went on from; none if it began anew.
  struct Resumed {
    // The newest that this callback found; another one's may have been newer.
    std::string prefix;
    int64_t epoch = 0;  // The one it went on in, counted from 0.
    int64_t step = 0;
  };
  const std::optional<Resumed>& resumed() const { return resumed_; }
  // The prefixes of the checkpoints that are kept, oldest first. One that is
  // still being written is not among them.
  std::vector<std::string> checkpoints() const;
  // Of these the newest and the best; empty if there is none.
  std::string latest_checkpoint() const;
  std::string best_checkpoint() const;

  // One save and what it took.
  struct SaveCost {
    std::string prefix;
    int64_t step = 0;
    int64_t bytes = 0;        // Of the files.
    absl::Duration snapshot;  // To collect and copy the state.
    absl::Duration write;     // From there until it was in place.
    absl::Duration stall;     // How long training stood still, waiting for
                              // its end too.
  };
  const SaveCost& last_save() const { return last_save_; }
  // Of the saves of the last run together. Their stall is part of
  // RunTimes::callbacks.
  struct SaveTotals {
    int64_t saved = 0, skipped = 0, failed = 0;
    int64_t postponed = 0;  // How many of those saved came later than due.
    int64_t bytes = 0;
    absl::Duration snapshot, write, stall;
  };
  const SaveTotals& totals() const { return totals_; }

  // Which value is best, and of which metric; what is due and not yet saved.
  State SaveState() const override;
  absl::Status RestoreState(const State& state) override;

  // Checks the options and the folder before the first step, and resumes.
  // FailedPrecondition if the folder holds another run's checkpoints, or
  // another process writes there; ResourceExhausted if it lacks space.
  absl::Status OnTrainBegin(TrainingSession& session) override;
  absl::Status OnSavePoint(TrainingSession& session, const Logs& logs) override;
  absl::Status OnTrainBatchEnd(TrainingSession& session,
                               const Logs& logs) override;
  absl::Status OnDataWait(TrainingSession& session, const Logs& logs) override;
  absl::Status OnTestBatchEnd(TrainingSession& session,
                              const Logs& logs) override;
  absl::Status OnEpochEnd(TrainingSession& session, const Logs& logs) override;
  absl::Status OnTrainEnd(TrainingSession& session, const Logs& logs) override;

 private:
  class Background;
  // What tells one state of a run from the next.
  struct Moment {
    int64_t step = -1;
    bool in_epoch = false;
    friend bool operator==(const Moment&, const Moment&) = default;
  };
  // What a name that is taken gets behind it, before the step.
  static constexpr char kStepMark[] = "-step-";
  static Moment MomentOf(const TrainingSession& session) {
    return {session.step(), session.step_in_epoch() > 0};
  }

  // Before the first step: model_checkpoint_start.cc.
  absl::Status CheckOptions(const TrainingSession& session);
  absl::Status CheckPath(const TrainingSession& session);
  absl::Status CheckMonitor(const TrainingSession& session);
  absl::Status PrepareFolder();
  // Removes what a run that was killed has left.
  absl::Status ClearRemains() const;
  // Whether there is room; and, if asked for, a save and a look at it.
  absl::Status TrySaving(TrainingSession& session);

  // The run to go on with: model_checkpoint_resume.cc.
  absl::Status ResumeRun(TrainingSession& session);
  // The checkpoints in the folder, but for halves of its own.
  absl::StatusOr<std::vector<CheckpointSummary>> ListFolder() const;
  absl::Status FindOtherRuns(const TrainingSession& session);
  // What is gone on with, and whether the session has it already.
  struct Found {
    CheckpointRead read;
    bool is_restored = false;
  };
  absl::StatusOr<std::optional<Found>> FindNewest(TrainingSession& session);
  // Of `runs`, ids and a prefix of each, the one that differs from this in
  // nothing but what may have changed.
  absl::StatusOr<std::optional<Found>> FindChanged(
      TrainingSession& session, const std::map<std::string, std::string>& runs);
  // Finds the checkpoints that the resumed run made before.
  absl::Status TakeOverOlder(const TrainingSession& session);

  void StartBackground(Snapshot& snapshot);
  // Does between two steps what a signal or a file asks for.
  absl::Status ServeRequests(TrainingSession& session, const Logs& logs);
  // A save that is due at this moment, until it is done or begun.
  struct Pending {
    Due due;
    Logs logs;
    int64_t batch = 0;      // As last_batch_.
    bool validate = false;  // First.
  };
  static absl::StatusOr<Pending> ReadPending(const Config& config);
  absl::Status SavePending(TrainingSession& session);
  bool HasSaved(const Moment& moment) const;
  // Finds the value that the state has on the validation data, for its save.
  // False where a stop came meanwhile.
  absl::StatusOr<bool> ValidatePending(TrainingSession& session);
  // Whether it is saved: not where only the best are, unless it is that, or
  // somebody asked for it. The monitor takes the value.
  bool IsWanted(const TrainingSession& session, const Logs& logs,
                const Due& due);
  absl::Status Save(TrainingSession& session, const Logs& logs, const Due& due);
  bool busy() const;  // Whether a save is still written in the background.
  // Does what WhenBusy says where one is; whether the next can be done now.
  absl::StatusOr<bool> AwaitTurn(const TrainingSession& session,
                                 const Due& due);
  // Takes over what a save in the background has come to, if it has ended or
  // `wait` says to wait for it.
  absl::Status Collect(bool wait);
  // Takes over what a save has come to.
  absl::Status Finish(const CheckpointWriting& writing,
                      const absl::Status& status);
  // Says what all saves have cost, and how fast the run was.
  void SayCosts(const RunTimes& times) const;
  // Says once that checkpoints are removed, if nobody asked for that.
  void SayThatFewStay(const std::string& removed);
  absl::Status SaveAtEnd(TrainingSession& session, const Logs& logs);
  // What it is called: model_checkpoint_names.cc.
  absl::StatusOr<std::string> PrefixFor(const TrainingSession& session,
                                        const Logs& logs, const Due& due) const;
  // AlreadyExists if what is saved now may not replace `prefix`.
  absl::Status CheckFree(const std::string& prefix,
                         const TrainingSession& session) const;
  // Whether the template gives all moments within an epoch one name.
  bool NamesEpochsAlone() const;
  // The epoch that goes on or has ended last, counted from 1.
  int64_t EpochNumber(const TrainingSession& session) const;
  Retention MakeRetention() const;
  std::string DescribeRetention() const;
  Parts WantedParts() const;
  void Say(const std::string& line) const;  // If verbose.
  bool numbered() const { return !options_.directory.empty(); }
  // What the names of all its checkpoints begin with; may be empty.
  std::string CommonName() const;
  // Those that this callback gives.
  IsMeant OwnNames() const;

  const ModelCheckpointOptions options_;
  PathTemplate template_;
  std::string folder_;
  std::unique_ptr<RunFolder> run_folder_;  // While a run goes on.
  bool running_ = false;
  Monitor monitor_;
  SaveSchedule schedule_;
  std::unique_ptr<SnapshotWriter> writer_;  // While a run goes on.
  // While a run goes on, unless the names come from a template: what a kill
  // leaves under a name that anybody may use is not known as this run's.
  std::unique_ptr<SpareFiles> spares_;
  std::unique_ptr<Background> background_;  // If asynchronous; uses the writer.
  std::optional<Resumed> resumed_;
  std::vector<KeptCheckpoint> kept_;
  std::set<std::string> others_;  // Prefixes of other runs in the folder.
  SaveCost last_save_;
  SaveTotals totals_;
  bool said_that_few_stay_ = false;
  absl::Status failure_;  // Of the save tried last, if training goes on.
  Moment last_saved_;
  int64_t last_batch_ = 0;  // Of the epoch that goes on, or ended last.
  Moment epoch_end_;        // Of the epoch that ended last.
  Logs epoch_logs_;         // What it ended with.
  Due due_at_epoch_end_;
  // Part of the state: others may save before this does, and a run may stop
  // while it validates.
  std::optional<Pending> pending_;
  bool validating_ = false;
  bool asked_while_validating_ = false;
  std::string postponed_;  // Why a save is still to come; empty: none is.
};

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_MODEL_CHECKPOINT_H_
