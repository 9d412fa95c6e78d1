#include "layers/activations/sigmoid.h"

#include "core/ops/unary.h"

namespace cairn {

Value Sigmoid::Call(Value x) const { return ops::Sigmoid(x); }

CAIRN_REGISTER_ACTIVATION(Sigmoid);

}  // namespace cairn
