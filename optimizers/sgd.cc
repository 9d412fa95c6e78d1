#include "optimizers/sgd.h"

#include "core/ops/binary.h"

namespace cairn {

std::vector<SlotSpec> SGD::slots() const {
  if (options_.momentum == 0) return {};
  return {{.name = "momentum", .edge = "momentums"}};
}

Value SGD::Update(UpdateContext& context, Value weight, Value gradient) const {
  const Value step = ops::Mul(context.learning_rate(), gradient);
  if (options_.momentum == 0) return ops::Sub(weight, step);
  const Value m =
      ops::Sub(ops::Scale(context.slot("momentum"), options_.momentum), step);
  context.set_slot("momentum", m);
  if (!options_.nesterov) return ops::Add(weight, m);
  return ops::Add(weight, ops::Sub(ops::Scale(m, options_.momentum), step));
}

CAIRN_REGISTER_OPTIMIZER(SGD);

}  // namespace cairn
