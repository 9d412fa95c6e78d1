#include "layers/initializers/constant.h"

namespace cairn {

absl::Status Constant::Fill(RandomStream&, Tensor& value) const {
  const float constant = static_cast<float>(options_.value);
  for (float& x : value.mutable_values<float>()) x = constant;
  return absl::OkStatus();
}

CAIRN_REGISTER_INITIALIZER(Constant);

}  // namespace cairn
