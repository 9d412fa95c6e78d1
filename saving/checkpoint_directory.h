#ifndef CAIRN_SAVING_CHECKPOINT_DIRECTORY_H_
#define CAIRN_SAVING_CHECKPOINT_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/io/file_system.h"
#include "core/training/history.h"
#include "core/training/snapshot.h"
#include "saving/codec/checkpoint_state.h"
#include "saving/format.h"

namespace cairn {

// What a ModelCheckpoint that watches a metric says in each of its checkpoints:
// its state, under extras "callback/ModelCheckpoint".
struct MonitoredValue {
  std::string monitor;  // "val_loss"
  bool larger_is_better = false;
  double value = 0;  // Of this checkpoint; NaN if none was known when it was
                     // saved.
  double best = 0;   // Of the run so far; NaN if there was none.
  int64_t best_step = -1;  // When that was; -1 if there was none.
};

// One checkpoint of a folder.
struct CheckpointSummary {
  std::string prefix;         // With the folder: "run/ckpt-468".
  int64_t step = -1;          // Training steps done; -1 if it does not say.
  int64_t epoch = -1;         // Epochs done; -1 if it is of no run of Cairn's.
  int64_t step_in_epoch = 0;  // Steps done of the epoch that goes on.
  int64_t bytes = 0;          // Of all its files.
  absl::Status status;  // Why it cannot be used; OK says only that it opens.
  std::string run_id;   // Of the run it is of; empty if it does not say.
  Logs metrics;         // Of the last epoch that had ended.
  std::vector<MonitoredValue> monitored;  // One per watching callback.
};

// Whether `name` is `name_prefix` and a number, as "ckpt-12".
bool IsNumbered(absl::string_view name, absl::string_view name_prefix);

// Whether an error says nothing of a checkpoint: the device, or the system, did
// not do what it was asked.
bool IsOfDevice(const absl::Status& status);

// The checkpoints in a folder, by step, the newest last: those that a training
// run of Cairn wrote by the step they record, others by the number at the end
// of their name. Of several after one step the last is one that knows the value
// of most metrics that are watched. One that cannot be opened is listed with
// its error. An error of the device, such as Unavailable or PermissionDenied,
// is no fault of the checkpoint: each is tried twice. NotFound if there is no
// such folder.
absl::StatusOr<std::vector<CheckpointSummary>> ListCheckpoints(
    const std::string& directory, FileSystem& files = FileSystem::Default());

// The prefix of the checkpoint with the highest step whose index, sizes and
// checksums are all right, whatever names and times say. Newer ones that are
// damaged are named in a warning. NotFound if there is none. Never an older one
// because the device fails: its error, if it does so twice, with the checkpoint
// that was not read.
absl::StatusOr<std::string> LatestCheckpoint(
    const std::string& directory, FileSystem& files = FileSystem::Default());

// The prefix of the checkpoint with the best value of `monitor` among those
// that are all right; empty: of the first metric that was watched. NotFound if
// none was watched by a ModelCheckpoint; an error of the device as
// LatestCheckpoint().
absl::StatusOr<std::string> BestCheckpoint(
    const std::string& directory, const std::string& monitor = "",
    FileSystem& files = FileSystem::Default());

// A checkpoint and where it was.
struct CheckpointRead {
  std::string prefix;
  Snapshot snapshot;
};
// Reads all parts of the newest checkpoint of a run that Cairn trained, found
// as by LatestCheckpoint(): what FitOptions::resume_from takes. Others, such as
// weights alone, are not looked at; with `run_id` none of other runs.
absl::StatusOr<CheckpointRead> ReadNewestCheckpoint(
    const std::string& directory, FileSystem& files = FileSystem::Default(),
    const std::string& run_id = "");

// Reads all parts of the checkpoint at `prefix`, or, with a warning, of
// "<prefix>.backup", which Overwrite::kKeepBackup leaves, if only that is all
// right. The error is of the first; one of the device as LatestCheckpoint().
absl::StatusOr<CheckpointRead> ReadCheckpointOrBackup(
    const std::string& prefix, FileSystem& files = FileSystem::Default());

// Writes the file "checkpoint" of a folder, in which TensorFlow looks for the
// newest.
absl::Status WriteCheckpointState(const std::string& directory,
                                  const CheckpointState& state,
                                  const SaveOptions& options);
// Likewise, where `prefixes` are those kept, oldest first, all in `directory`,
// and `timestamps` when each was written, in seconds since 1970.
absl::Status WriteCheckpointState(const std::string& directory,
                                  const std::vector<std::string>& prefixes,
                                  const std::vector<double>& timestamps,
                                  const SaveOptions& options);

// What that file says. NotFound if there is none, DataLoss if it is damaged.
absl::StatusOr<CheckpointState> ReadCheckpointState(
    const std::string& directory, FileSystem& files = FileSystem::Default());

// The bytes of all files of a checkpoint; 0 if there are none.
int64_t CheckpointBytes(const std::string& prefix,
                        FileSystem& files = FileSystem::Default());

// Removes a checkpoint's files, the index first, so that no half of it can be
// taken for a whole; with `sync` not after a power cut either. Files that are
// gone already are fine. Their room may go to `spares`.
absl::Status RemoveCheckpoint(const std::string& prefix, FileSystem& files,
                              bool sync = true, SpareFiles* spares = nullptr);

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_DIRECTORY_H_
