#include "layers/activations/linear.h"

namespace cairn {

Value Linear::Call(Value x) const { return x; }

CAIRN_REGISTER_ACTIVATION(Linear);

}  // namespace cairn
