// The file "checkpoint" of a folder.
#include "core/base/check.h"
#include "saving/codec/checkpoint_state.h"
#include "tests/fuzz/target.h"

namespace cairn {

bool ReadHostileInput(absl::string_view input) {
  const absl::StatusOr<CheckpointState> state = DecodeCheckpointState(input);
  if (!state.ok()) return false;
  // What was read is what is written.
  const std::string text = EncodeCheckpointState(*state);
  const absl::StatusOr<CheckpointState> again = DecodeCheckpointState(text);
  CAIRN_CHECK(again.ok());
  CAIRN_CHECK(EncodeCheckpointState(*again) == text);
  CAIRN_CHECK(again->all == state->all);
  CAIRN_CHECK(again->newest == state->newest);
  return true;
}

}  // namespace cairn
