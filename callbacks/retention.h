#ifndef CAIRN_CALLBACKS_RETENTION_H_
#define CAIRN_CALLBACKS_RETENTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace cairn {

// A checkpoint of the run that lies on disk.
struct KeptCheckpoint {
  std::string prefix;
  int64_t step = 0;
  int64_t epoch = -1;  // How many epochs had ended, where it is one's end.
  int64_t epoch_number = 0;  // Of the epoch it is of, counted from 1.
  double time = 0;           // When it was written, in seconds since 1970.
  double value = 0;          // Of the monitored metric; NaN if there is none.
};

// Which checkpoints stay. What any of the rules keeps stays.
struct Retention {
  int64_t last = 0;  // The newest; 0: all.
  int64_t best = 0;  // Those with the best values.
  bool larger_is_better = false;
  int64_t every_epochs = 0;    // Ends of every n-th epoch; 0: none.
  int64_t every_steps = 0;     // Of every n-th step; 0: none.
  double one_per_seconds = 0;  // The first, and each that is so much later than
                               // the one before; 0: none.
};

// Whether each stays. Depends on nothing but what is given, so a resumed run
// decides as the unbroken one. REQUIRES: `kept` is sorted, oldest first.
std::vector<bool> ChooseKept(absl::Span<const KeptCheckpoint> kept,
                             const Retention& retention);

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_RETENTION_H_
