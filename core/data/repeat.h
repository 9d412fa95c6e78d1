#ifndef CAIRN_CORE_DATA_REPEAT_H_
#define CAIRN_CORE_DATA_REPEAT_H_

#include <cstdint>

#include "core/data/samples.h"

namespace cairn {

// A view that gives all samples `times` times, one pass after another; none if
// `times` is not positive. Each pass is an epoch of its own to the samples
// below, so shuffled ones come in another order in each.
SamplesPointer Repeat(SamplesPointer samples, int64_t times);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_REPEAT_H_
