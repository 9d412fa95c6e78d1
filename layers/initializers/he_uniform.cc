#include "layers/initializers/he_uniform.h"

#include "layers/initializers/variance_scaling.h"

namespace cairn {

absl::Status HeUniform::Fill(RandomStream& stream, Tensor& value) const {
  return FillByVariance(2, Fan::kIn, Distribution::kUniform, stream, value);
}

CAIRN_REGISTER_INITIALIZER(HeUniform);

}  // namespace cairn
