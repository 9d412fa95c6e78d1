#include "layers/initializers/ones.h"

namespace cairn {

absl::Status Ones::Fill(RandomStream&, Tensor& value) const {
  for (float& x : value.mutable_values<float>()) x = 1;
  return absl::OkStatus();
}

CAIRN_REGISTER_INITIALIZER(Ones);

}  // namespace cairn
