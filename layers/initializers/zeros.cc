#include "layers/initializers/zeros.h"

namespace cairn {

absl::Status Zeros::Fill(RandomStream&, Tensor& value) const {
  for (float& x : value.mutable_values<float>()) x = 0;
  return absl::OkStatus();
}

CAIRN_REGISTER_INITIALIZER(Zeros);

}  // namespace cairn
