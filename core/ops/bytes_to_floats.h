#ifndef CAIRN_CORE_OPS_BYTES_TO_FLOATS_H_
#define CAIRN_CORE_OPS_BYTES_TO_FLOATS_H_

#include <cstdint>

namespace cairn {

// The same numbers as floats, in the width of this machine's vectors.
void BytesToFloats(const uint8_t* in, float* out, int64_t count);

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_BYTES_TO_FLOATS_H_
