#include "layers/activations/relu.h"

#include "core/ops/unary.h"

namespace cairn {

Value Relu::Call(Value x) const { return ops::Relu(x); }

CAIRN_REGISTER_ACTIVATION(Relu);

}  // namespace cairn
