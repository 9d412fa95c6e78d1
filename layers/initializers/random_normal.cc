#include "layers/initializers/random_normal.h"

namespace cairn {

absl::Status RandomNormal::Fill(RandomStream& stream, Tensor& value) const {
  const float mean = static_cast<float>(options_.mean);
  const float deviation = static_cast<float>(options_.stddev);
  for (float& x : value.mutable_values<float>())
    x = mean + deviation * stream.NextNormal();
  return absl::OkStatus();
}

CAIRN_REGISTER_INITIALIZER(RandomNormal);

}  // namespace cairn
