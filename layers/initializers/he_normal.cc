#include "layers/initializers/he_normal.h"

#include "layers/initializers/variance_scaling.h"

namespace cairn {

absl::Status HeNormal::Fill(RandomStream& stream, Tensor& value) const {
  return FillByVariance(2, Fan::kIn, Distribution::kTruncatedNormal, stream,
                        value);
}

CAIRN_REGISTER_INITIALIZER(HeNormal);

}  // namespace cairn
