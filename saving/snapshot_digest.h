#ifndef CAIRN_SAVING_SNAPSHOT_DIGEST_H_
#define CAIRN_SAVING_SNAPSHOT_DIGEST_H_

#include <string>

#include "core/training/snapshot.h"

namespace cairn {

// What a person compares to see that a state was restored: checksums of the
// weights, of the optimizer's variables and of the run's tensors (the random
// counter and the totals of metrics), as "8c9f03d1-00e1a2b3-5d4c1f02". Equal
// for equal values under equal names; no proof against forgery.
std::string SnapshotDigest(const Snapshot& snapshot);

}  // namespace cairn

#endif  // CAIRN_SAVING_SNAPSHOT_DIGEST_H_
