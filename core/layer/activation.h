#ifndef CAIRN_CORE_LAYER_ACTIVATION_H_
#define CAIRN_CORE_LAYER_ACTIVATION_H_

#include "absl/strings/string_view.h"
#include "core/base/configurable.h"
#include "core/base/options.h"
#include "core/base/registry.h"
#include "core/graph/value.h"

namespace cairn {

// A function of a value, element by element or along its last axis. A rule:
// immutable, shared by whoever names it.
class Activation : public Configurable {
 public:
  static constexpr absl::string_view kKindName = "activation";
  // Emits the activation of `x`: same shape, same type.
  virtual Value Call(Value x) const = 0;
};

// CAIRN_REGISTER_ACTIVATION(Relu); under Relu::kClassName, "relu".
#define CAIRN_REGISTER_ACTIVATION(C)                                \
  const ::cairn::Registrar<::cairn::Activation> cairn_register_##C( \
      {C::kClassName}, &::cairn::CreateFromConfig<::cairn::Activation, C>)

}  // namespace cairn

#endif  // CAIRN_CORE_LAYER_ACTIVATION_H_
