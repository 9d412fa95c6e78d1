#ifndef CAIRN_CORE_DATA_BATCH_FIELD_H_
#define CAIRN_CORE_DATA_BATCH_FIELD_H_

#include <string>

#include "core/tensor/shape.h"

namespace cairn {

// One tensor of a batch, and what it is for.
struct BatchField {
  enum class Use { kInput, kTarget };
  Use use = Use::kInput;
  std::string name;  // An input's or output's name; empty: in their order.
  TensorSpec spec;   // Of one sample.
};

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_BATCH_FIELD_H_
