#ifndef CAIRN_TESTS_SUPPORT_SNAPSHOTS_H_
#define CAIRN_TESTS_SUPPORT_SNAPSHOTS_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/tensor/tensor.h"
#include "core/training/snapshot.h"

namespace cairn {

// The same values in tensors of their own: a snapshot aliases live memory.
Snapshot CloneSnapshot(const Snapshot& snapshot);

// All that the snapshot says, so that two can be compared: a line per value,
// with the bits of tensors.
std::string DescribeSnapshot(const Snapshot& snapshot);

// The bytes of the tensors, one after another.
std::string BytesOf(absl::Span<const Tensor> tensors);

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_SNAPSHOTS_H_
