#ifndef CAIRN_CALLBACKS_MODEL_CHECKPOINT_H_
#define CAIRN_CALLBACKS_MODEL_CHECKPOINT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "callbacks/path_template.h"
#include "callbacks/trigger.h"
#include "core/training/callback.h"
#include "core/training/restore_options.h"
#include "saving/checkpoint_directory.h"
#include "saving/format.h"

namespace cairn {

// Whether a run goes on from the newest good checkpoint.
enum class Resume {
  kNever,
  kAuto,  // If there is one.
  kMust   // NotFound if there is none.
};

struct ModelCheckpointOptions {
  // Checkpoints "ckpt-<step>" in this folder. Give this or `path`.
  std::string directory;
  // As Keras's filepath: "training_1/cp.ckpt", which each save replaces, or a
  // template, "run/cp-{epoch:04d}-{val_loss:.2f}". {epoch} counts from 1,
  // {step} is the run's; any name in the logs may stand there. What an epoch
  // that was stopped has no value of is nan.
  std::string path;
  Trigger every = EveryEpochs(1);
  int64_t keep_last =
      5;  // 0: all. Of a `path` that is no template there is one.
  // Else all that resuming needs is saved.
  bool save_weights_only = false;
  Resume resume = Resume::kNever;
  RestoreOptions restore;
  SaveOptions save;
  int verbose = 0;  // 1: a line for each save and resume.
};

// Saves a run while it trains, as TensorFlow checkpoints, and goes on with one
// that was interrupted: at the next batch, bit for bit. As
// keras.callbacks.ModelCheckpoint, but that by default everything is saved that
// resuming needs. The end of training is saved too, also where it is stopped
// within an epoch; after an error it is not.
//
// The folder's file "checkpoint" names the newest, so that
// tf.train.latest_checkpoint finds it. Checkpoints beyond `keep_last` are
// removed once a newer one is in place; files that the run did not make are
// never touched.
class ModelCheckpoint : public StatelessCallback {
 public:
  explicit ModelCheckpoint(ModelCheckpointOptions options)
      : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "ModelCheckpoint"; }

  // Where the last run went on from; none if it began anew.
  struct Resumed {
    std::string prefix;
    int64_t epoch = 0;  // The one it went on in, counted from 0.
    int64_t step = 0;
  };
  const std::optional<Resumed>& resumed() const { return resumed_; }
  // The prefixes of the checkpoints that are kept, oldest first.
  const std::vector<std::string>& checkpoints() const { return kept_; }

  // Checks the options and the folder before the first step, and resumes.
  // FailedPrecondition if `directory` holds checkpoints and resume is kNever.
  absl::Status OnTrainBegin(TrainingSession& session) override;
  absl::Status OnTrainBatchEnd(TrainingSession& session,
                               const Logs& logs) override;
  absl::Status OnEpochEnd(TrainingSession& session, const Logs& logs) override;
  absl::Status OnTrainEnd(TrainingSession& session, const Logs& logs) override;

 private:
  absl::Status CheckOptions();
  absl::Status PrepareFolder();
  absl::Status ResumeRun(TrainingSession& session);
  absl::StatusOr<std::optional<CheckpointRead>> FindNewest();
  // Finds the checkpoints that the resumed run made before.
  absl::Status TakeOverOlder();
  absl::Status Save(TrainingSession& session, const Logs& logs,
                    absl::string_view why);
  // Drops the oldest, and says in the folder's file which are kept.
  absl::Status Rotate();
  absl::StatusOr<std::string> PrefixFor(const TrainingSession& session,
                                        const Logs& logs) const;
  // The epoch that goes on or has ended last, counted from 1.
  int64_t EpochNumber(const TrainingSession& session) const;
  std::string EveryText() const;  // "every 100 steps"
  bool numbered() const { return !options_.directory.empty(); }

  const ModelCheckpointOptions options_;
  PathTemplate template_;
  std::string folder_;
  std::optional<Resumed> resumed_;
  std::vector<std::string> kept_;
  std::vector<double> timestamps_;  // Of each in `kept_`.
  int64_t last_saved_step_ = -1;
  bool in_epoch_ = false;  // Since its first batch.
  bool due_at_epoch_end_ = false;
};

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_MODEL_CHECKPOINT_H_
