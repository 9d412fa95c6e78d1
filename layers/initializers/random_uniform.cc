#include "layers/initializers/random_uniform.h"

namespace cairn {

absl::Status RandomUniform::Fill(RandomStream& stream, Tensor& value) const {
  const float low = static_cast<float>(options_.minval);
  const float range = static_cast<float>(options_.maxval - options_.minval);
  for (float& x : value.mutable_values<float>())
    x = low + range * stream.NextUniform();
  return absl::OkStatus();
}

CAIRN_REGISTER_INITIALIZER(RandomUniform);

}  // namespace cairn
