#ifndef CAIRN_CALLBACKS_CHECKPOINT_WRITING_H_
#define CAIRN_CALLBACKS_CHECKPOINT_WRITING_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "callbacks/retention.h"
#include "callbacks/run_folder.h"
#include "core/training/snapshot.h"
#include "saving/checkpoint_remains.h"
#include "saving/format.h"

namespace cairn {

// One save of a ModelCheckpoint, from the snapshot to the removal of what it
// replaces. It owns all it needs but the writer, so it can be done on another
// thread.
struct CheckpointWriting {
  // Not owned: that of the save before and of the next. Null: one of its own.
  std::unique_ptr<SnapshotWriter>* writer = nullptr;
  // Not owned: of the checkpoint. Null: one that nobody has locked.
  RunFolder* folder = nullptr;
  Snapshot snapshot;
  KeptCheckpoint checkpoint;  // What is written.
  std::vector<KeptCheckpoint>
      kept;  // The run's others; after it, all that stay.
  Retention retention;
  // Which names are those of this callback; null: all are.
  IsMeant is_own;
  SaveOptions save;
  // What fails is tried again for so long, with growing pauses, as long as the
  // cause may pass.
  double retry_seconds = 0;
  bool wants_digest = false;

  // For who started it: why, and what training has lost to it so far.
  std::string why;
  std::vector<std::string> requests;  // The files that asked for it.
  double snapshot_seconds = 0, stall_seconds = 0;

  // Set by Write().
  int64_t bytes = 0;
  double write_seconds = 0;  // Of the thread that wrote, pauses included.
  double processor_seconds = 0;
  std::string digest;                // Of the state, if wanted.
  std::vector<std::string> removed;  // Prefixes that no rule keeps.

  // Writes the checkpoint; once it is in place, says so in the folder's file
  // "checkpoint" and removes what no rule keeps. An error leaves the old ones
  // and the list as they were, but for one of the removal. Where somebody has
  // removed the folder, before or meanwhile, it is made anew and all is
  // written; what was lost with it is no longer in the list. A warning says so.
  absl::Status Write();

 private:
  absl::Status WriteOnce(double retry_until);
  // Makes sure of the folder, and drops from the list what is not there.
  absl::Status PrepareFolder();
};

// Drops from `kept` what no rule keeps, says in the file "checkpoint" of
// `folder` what stays, and removes the files of the rest. Returns the prefixes
// of these. In that file stay the checkpoints of others, who save under names
// that are not `is_own`, if they are there still. What fails and may pass is
// tried again until SecondsOfSteadyClock() says `retry_until`.
absl::StatusOr<std::vector<std::string>> ApplyRetention(
    const std::string& folder, const Retention& retention,
    const IsMeant& is_own, const SaveOptions& save,
    std::vector<KeptCheckpoint>& kept, double retry_until = 0);

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_CHECKPOINT_WRITING_H_
