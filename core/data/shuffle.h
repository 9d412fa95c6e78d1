#ifndef CAIRN_CORE_DATA_SHUFFLE_H_
#define CAIRN_CORE_DATA_SHUFFLE_H_

#include <cstdint>

#include "core/data/samples.h"

namespace cairn {

// A view of samples in another order for each epoch, which follows from seed
// and epoch alone. So a place in the data is two numbers, and going on there
// costs nothing.
SamplesPointer Shuffle(SamplesPointer samples, uint64_t seed);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_SHUFFLE_H_
