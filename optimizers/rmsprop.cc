#include "optimizers/rmsprop.h"

#include "core/ops/binary.h"
#include "core/ops/unary.h"

namespace cairn {

std::vector<SlotSpec> RMSprop::slots() const {
  std::vector<SlotSpec> slots = {
      {.name = "velocity", .edge = "_velocities", .old_name = "rms"}};
  if (options_.momentum > 0) {
    slots.push_back({.name = "momentum", .edge = "_momentums"});
  }
  if (options_.centered) {
    slots.push_back({.name = "average_gradient",
                     .edge = "_average_gradients",
                     .old_name = "mg"});
  }
  return slots;
}

Value RMSprop::Update(UpdateContext& context, Value weight,
                      Value gradient) const {
  const double rho = options_.rho;
  const auto average = [&](const char* slot, Value x) {
    const Value mean =
        ops::Add(ops::Scale(context.slot(slot), rho), ops::Scale(x, 1 - rho));
    context.set_slot(slot, mean);
    return mean;
  };
  Value denominator = average("velocity", ops::Square(gradient));
  if (options_.centered) {
    denominator = ops::Sub(denominator,
                           ops::Square(average("average_gradient", gradient)));
  }
  denominator = ops::Sqrt(ops::Shift(denominator, options_.epsilon));
  const Value increment =
      ops::Div(ops::Mul(context.learning_rate(), gradient), denominator);
  if (options_.momentum == 0) return ops::Sub(weight, increment);
  const Value velocity = ops::Add(
      ops::Scale(context.slot("momentum"), options_.momentum), increment);
  context.set_slot("momentum", velocity);
  return ops::Sub(weight, velocity);
}

CAIRN_REGISTER_OPTIMIZER(RMSprop);

}  // namespace cairn
