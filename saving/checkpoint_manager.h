#ifndef CAIRN_SAVING_CHECKPOINT_MANAGER_H_
#define CAIRN_SAVING_CHECKPOINT_MANAGER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/io/file_system.h"
#include "saving/checkpoint.h"

namespace cairn {

struct CheckpointManagerOptions {
  std::string directory;
  int64_t max_to_keep = 5;  // 0: all.
  // One that falls out of the newest stays for good if it is at least this much
  // younger than the last that stayed. 0: none does.
  double keep_checkpoint_every_n_hours = 0;
  std::string checkpoint_name = "ckpt";
  std::function<absl::Time()> clock = absl::Now;
};

// Numbered saves of a Checkpoint in a folder, of which the newest are kept, as
// tf.train.CheckpointManager. Either goes on in the other's folder: which files
// it looks after, and since when, stands in the file "checkpoint". Files that
// do not stand there are never touched. From its first save until it is
// destroyed it locks its name in the folder; where the folder is removed in
// between, the next save makes and locks it anew, with a warning. Used by one
// thread at a time.
class CheckpointManager {
 public:
  // `checkpoint` must outlive this. InvalidArgument for options out of range.
  // Where the file "checkpoint" is damaged, latest() is the good one of the
  // highest number, with a warning; what lies there already stays for good.
  static absl::StatusOr<std::unique_ptr<CheckpointManager>> Create(
      Checkpoint* checkpoint, CheckpointManagerOptions options);

  // Raises the save counter and writes "<directory>/<name>-<counter>", or with
  // `number` in its place; removes what is no longer kept, but only after the
  // new one is in place and named; what cannot be removed is an error, and the
  // next save tries again. Returns its prefix. FailedPrecondition, naming the
  // process, if another manager or run saves under that name there.
  absl::StatusOr<std::string> Save(
      std::optional<int64_t> number = std::nullopt);

  // Prefix of the newest; empty if there is none.
  const std::string& latest() const { return latest_; }
  // Prefixes of those looked after, oldest first.
  std::vector<std::string> checkpoints() const;

  // Restores latest(), or if it is damaged, with a warning, the newest of
  // checkpoints() that is not. Where there is none calls `initialize`, if there
  // is one. Returns what was restored. Errors as Checkpoint::Restore(); that of
  // latest() if all are damaged.
  absl::StatusOr<std::optional<LazyRestore>> RestoreOrInitialize(
      const std::function<absl::Status()>& initialize = nullptr);

 private:
  struct Kept {
    std::string prefix;
    double time = 0;  // Seconds since 1970.
  };

  CheckpointManager(Checkpoint* checkpoint, CheckpointManagerOptions options)
      : checkpoint_(checkpoint), options_(std::move(options)) {}
  absl::Status ReadState();
  // Sets latest() to the newest good one that lies there.
  absl::Status FindLatest();
  absl::Status WriteState() const;
  // Tests all bytes of a checkpoint.
  absl::Status CheckFile(const std::string& prefix) const;
  // Whether more are listed than are to be kept.
  bool HasOld() const;
  // Removes those and takes them from the list, each when it is gone.
  absl::Status RemoveOld();
  // Makes the folder and locks the name, if that is not so. Where somebody has
  // removed them, what was lost with them is no longer listed.
  absl::Status LockName();
  double Now() const;

  Checkpoint* const checkpoint_;  // Not owned.
  const CheckpointManagerOptions options_;
  std::string latest_;
  std::vector<Kept> kept_;          // Oldest first.
  double last_preserved_ = 0;       // Seconds since 1970.
  std::unique_ptr<FileLock> lock_;  // None before the first save.
};

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_MANAGER_H_
