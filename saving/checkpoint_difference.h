#ifndef CAIRN_SAVING_CHECKPOINT_DIFFERENCE_H_
#define CAIRN_SAVING_CHECKPOINT_DIFFERENCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/io/file_system.h"
#include "saving/named_checkpoint.h"

namespace cairn {

struct DifferenceOptions {
  // Whether equal means the same bytes. Else a NaN equals any NaN, 0 equals -0,
  // and configs that say the same in other words are equal.
  bool bitwise = false;
};

// One thing that two checkpoints do not share.
struct EntryDifference {
  enum class Kind {
    kOnlyInFirst,
    kOnlyInSecond,
    kType,
    kShape,
    kValues,
    kText
  };
  Kind kind = Kind::kValues;
  std::string part, name;  // As in NamedEntry.
  // What each has, where it is there: "float32 (3, 4)", or of texts what stands
  // at the first place where they differ.
  std::string first, second;
  // Of kValues. An element that is NaN or infinite in one checkpoint alone
  // differs by infinity. The relative difference is that to the larger of the
  // two magnitudes, so 2 at most.
  int64_t elements = 0;
  int64_t different = 0;
  double largest_absolute = 0;
  double largest_relative = 0;
};

struct CheckpointDifference {
  std::vector<EntryDifference> entries;  // Empty: they are equal.
  int64_t compared = 0;                  // Entries that both have.
};

// Compares all that two checkpoints hold: entries of parts by part and name,
// others by key. Values are read one pair at a time. DataLoss if one of them is
// damaged.
absl::StatusOr<CheckpointDifference> CompareCheckpoints(
    const NamedCheckpoint& first, const NamedCheckpoint& second,
    const DifferenceOptions& options = {});

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_DIFFERENCE_H_
