#ifndef CAIRN_TESTS_SAVING_SMALL_SNAPSHOT_H_
#define CAIRN_TESTS_SAVING_SMALL_SNAPSHOT_H_

#include "core/training/snapshot.h"

namespace cairn {

// A snapshot with all parts and a few bytes in each: a Sequential of a Flatten
// and a Dense "dense" with a kernel and a bias, an Adam with one slot "m", and
// extras of a run and of a callback whose names need escapes. Another `value`
// makes other values of the same shapes.
Snapshot SmallSnapshot(int value);

// Likewise with the weights and nothing else, and the model as the root.
Snapshot SmallWeights(int value);

}  // namespace cairn

#endif  // CAIRN_TESTS_SAVING_SMALL_SNAPSHOT_H_
