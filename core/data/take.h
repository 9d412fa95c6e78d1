#ifndef CAIRN_CORE_DATA_TAKE_H_
#define CAIRN_CORE_DATA_TAKE_H_

#include <cstdint>

#include "core/data/samples.h"

namespace cairn {

// Views of a part of samples. As in TensorFlow, a negative count means all.

// The first `count`, or all if there are fewer.
SamplesPointer Take(SamplesPointer samples, int64_t count);
// All but the first `count`.
SamplesPointer Skip(SamplesPointer samples, int64_t count);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_TAKE_H_
