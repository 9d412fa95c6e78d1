#ifndef CAIRN_SAVING_CODEC_CHECKPOINT_STATE_H_
#define CAIRN_SAVING_CODEC_CHECKPOINT_STATE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn {

// What the file "checkpoint" of a folder says: TensorFlow's CheckpointState, as
// tf.train.CheckpointManager keeps it. Paths are relative to the folder.
struct CheckpointState {
  std::string newest;            // model_checkpoint_path
  std::vector<std::string> all;  // Oldest first; the last is the newest.
  // Seconds since 1970, one per path in `all`; or empty.
  std::vector<double> timestamps;
  double last_preserved = 0;  // 0: the field is left out.
};

// The text that Python's text_format writes, line for line.
std::string EncodeCheckpointState(const CheckpointState& state);

// DataLoss if the text is no CheckpointState, has unknown fields, names no
// newest checkpoint, or has another number of times than of paths.
absl::StatusOr<CheckpointState> DecodeCheckpointState(absl::string_view text);

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_CHECKPOINT_STATE_H_
