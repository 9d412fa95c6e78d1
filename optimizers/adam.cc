#include "optimizers/adam.h"

#include "core/ops/binary.h"
#include "core/ops/constant.h"
#include "core/ops/unary.h"

namespace cairn {

std::vector<SlotSpec> Adam::slots() const {
  std::vector<SlotSpec> slots = {{.name = "m", .edge = "_momentums"},
                                 {.name = "v", .edge = "_velocities"}};
  if (options_.amsgrad) {
    slots.push_back({.name = "vhat", .edge = "_velocity_hats"});
  }
  return slots;
}

Value Adam::Update(UpdateContext& context, Value weight, Value gradient) const {
  const Value step = context.step();
  const auto correction = [&](double beta) {
    const Value power = ops::Pow(ops::ScalarLike(step, beta), step);
    return ops::Sub(ops::ScalarLike(step, 1), power);
  };
  const Value rate = ops::Div(
      ops::Mul(context.learning_rate(), ops::Sqrt(correction(options_.beta_2))),
      correction(options_.beta_1));
  const Value m_old = context.slot("m");
  const Value m = ops::Add(
      m_old, ops::Scale(ops::Sub(gradient, m_old), 1 - options_.beta_1));
  context.set_slot("m", m);
  const Value v_old = context.slot("v");
  Value v = ops::Add(v_old, ops::Scale(ops::Sub(ops::Square(gradient), v_old),
                                       1 - options_.beta_2));
  context.set_slot("v", v);
  if (options_.amsgrad) {
    v = ops::Maximum(context.slot("vhat"), v);
    context.set_slot("vhat", v);
  }
  return ops::Sub(weight, ops::Div(ops::Mul(m, rate),
                                   ops::Shift(ops::Sqrt(v), options_.epsilon)));
}

CAIRN_REGISTER_OPTIMIZER(Adam);

}  // namespace cairn
