#ifndef CAIRN_CORE_TRAINING_LOSS_H_
#define CAIRN_CORE_TRAINING_LOSS_H_

#include "absl/strings/string_view.h"
#include "core/base/configurable.h"
#include "core/base/options.h"
#include "core/base/registry.h"
#include "core/graph/value.h"

namespace cairn {

// What training makes small. A rule: immutable, shared by whoever names it.
class Loss : public Configurable {
 public:
  static constexpr absl::string_view kKindName = "loss";
  // One loss per sample, or per time step: float32, the prediction's shape
  // without its last axis. The trainer takes the mean. Targets of any type are
  // taken; shapes that do not fit are an error of the trace.
  virtual Value Call(Value target, Value prediction) const = 0;
};

// CAIRN_REGISTER_LOSS(MeanSquaredError, "mse"); under kClassName, kName
// ("mean_squared_error") and the further names.
#define CAIRN_REGISTER_LOSS(C, ...)                           \
  const ::cairn::Registrar<::cairn::Loss> cairn_register_##C( \
      {C::kClassName, C::kName __VA_OPT__(, ) __VA_ARGS__},   \
      &::cairn::CreateFromConfig<::cairn::Loss, C>)

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_LOSS_H_
