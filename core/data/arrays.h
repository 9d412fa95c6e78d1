#ifndef CAIRN_CORE_DATA_ARRAYS_H_
#define CAIRN_CORE_DATA_ARRAYS_H_

#include <vector>

#include "core/tensor/tensor.h"

namespace cairn {

// Tensors with a row per sample, named or in the model's order.
struct Arrays {
  std::vector<NamedTensor> inputs, targets;
};

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_ARRAYS_H_
