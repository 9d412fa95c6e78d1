#ifndef CAIRN_BENCHMARKS_INPUTS_H_
#define CAIRN_BENCHMARKS_INPUTS_H_

#include <cstdint>

#include "core/tensor/tensor.h"

// What benchmarks compute with: the same numbers in each run.

namespace cairn {

// float32 between `low` and `high`.
Tensor RandomFloats(const Shape& shape, float low, float high);

// uint8, as of pictures.
Tensor RandomBytes(const Shape& shape);

// uint8, each a class from 0 to 9.
Tensor RandomLabels(int64_t count);

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_INPUTS_H_
