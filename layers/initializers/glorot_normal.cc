#include "layers/initializers/glorot_normal.h"

#include "layers/initializers/variance_scaling.h"

namespace cairn {

absl::Status GlorotNormal::Fill(RandomStream& stream, Tensor& value) const {
  return FillByVariance(1, Fan::kAverage, Distribution::kTruncatedNormal,
                        stream, value);
}

CAIRN_REGISTER_INITIALIZER(GlorotNormal);

}  // namespace cairn
