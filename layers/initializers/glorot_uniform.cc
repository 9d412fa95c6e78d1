#include "layers/initializers/glorot_uniform.h"

#include "layers/initializers/variance_scaling.h"

namespace cairn {

absl::Status GlorotUniform::Fill(RandomStream& stream, Tensor& value) const {
  return FillByVariance(1, Fan::kAverage, Distribution::kUniform, stream,
                        value);
}

CAIRN_REGISTER_INITIALIZER(GlorotUniform);

}  // namespace cairn
