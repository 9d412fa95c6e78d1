#include "layers/activations/tanh.h"

#include "core/ops/unary.h"

namespace cairn {

Value Tanh::Call(Value x) const { return ops::Tanh(x); }

CAIRN_REGISTER_ACTIVATION(Tanh);

}  // namespace cairn
