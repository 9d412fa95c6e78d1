#ifndef CAIRN_CORE_LAYER_INITIALIZER_H_
#define CAIRN_CORE_LAYER_INITIALIZER_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/configurable.h"
#include "core/base/options.h"
#include "core/base/philox.h"
#include "core/base/registry.h"
#include "core/tensor/tensor.h"

namespace cairn {

// Gives a weight its first values. A rule: immutable, shared by whoever names
// it.
class Initializer : public Configurable {
 public:
  static constexpr absl::string_view kKindName = "initializer";
  // Fills `value`, a float32 tensor, from `stream`, which belongs to the weight
  // alone. InvalidArgument if the type or shape is none it can fill.
  virtual absl::Status Fill(RandomStream& stream, Tensor& value) const = 0;
};

// CAIRN_REGISTER_INITIALIZER(GlorotUniform); under kClassName,
// "GlorotUniform", and kName, "glorot_uniform".
#define CAIRN_REGISTER_INITIALIZER(C)                                \
  const ::cairn::Registrar<::cairn::Initializer> cairn_register_##C( \
      {C::kClassName, C::kName},                                     \
      &::cairn::CreateFromConfig<::cairn::Initializer, C>)

}  // namespace cairn

#endif  // CAIRN_CORE_LAYER_INITIALIZER_H_
