#include "layers/activations/softmax.h"

#include "core/ops/softmax.h"

namespace cairn {

Value Softmax::Call(Value x) const { return ops::Softmax(x); }

CAIRN_REGISTER_ACTIVATION(Softmax);

}  // namespace cairn
