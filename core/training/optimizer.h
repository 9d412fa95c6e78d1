#ifndef CAIRN_CORE_TRAINING_OPTIMIZER_H_
#define CAIRN_CORE_TRAINING_OPTIMIZER_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/configurable.h"
#include "core/base/options.h"
#include "core/base/registry.h"
#include "core/graph/value.h"

namespace cairn {

// Optimizer state kept per trainable weight, with the weight's shape.
struct SlotSpec {
  std::string name;  // "m"
  std::string edge;  // What Keras's objects call the list: "_momentums".
  double initial = 0;
  std::string old_name;  // What older Keras calls it; empty: `name`.
};

// The update of one weight, under construction.
class UpdateContext {
 public:
  UpdateContext(Value learning_rate, Value step,
                std::map<std::string, Value> slots)
      : learning_rate_(learning_rate), step_(step), slots_(std::move(slots)) {}

  // Both are float32 scalars. The step is 1 on the first step.
  Value learning_rate() const { return learning_rate_; }
  Value step() const { return step_; }
  // The slot's value; after set_slot(), the new one. REQUIRES: `name` is in
  // slots().
  Value slot(absl::string_view name) const {
    return slots_.at(std::string(name));
  }
  void set_slot(absl::string_view name, Value new_value) {
    slots_.at(std::string(name)) = new_value;
  }

 private:
  Value learning_rate_;
  Value step_;
  std::map<std::string, Value> slots_;
};

// An update rule, written in ops. It is traced into the step graph, so its
// state is Variables: saved, restored and resumed like the weights. Immutable;
// shared by whoever names it.
class Optimizer : public Configurable {
 public:
  static constexpr absl::string_view kKindName = "optimizer";
  virtual std::vector<SlotSpec> slots() const { return {}; }
  // Evaluated each step and fed to the plan. `step` counts from 0.
  virtual double LearningRate(int64_t step) const = 0;
  // Returns the weight's new value.
  virtual Value Update(UpdateContext& context, Value weight,
                       Value gradient) const = 0;
};

// CAIRN_REGISTER_OPTIMIZER(Adam); under kClassName, "Adam", and kName, "adam".
#define CAIRN_REGISTER_OPTIMIZER(C)                                \
  const ::cairn::Registrar<::cairn::Optimizer> cairn_register_##C( \
      {C::kClassName, C::kName},                                   \
      &::cairn::CreateFromConfig<::cairn::Optimizer, C>)

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_OPTIMIZER_H_
