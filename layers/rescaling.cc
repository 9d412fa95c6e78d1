#include "layers/rescaling.h"

#include "core/ops/binary.h"
#include "core/ops/cast.h"

namespace cairn {

Config Rescaling::GetConfig() const {
  // The name may have come from a parent.
  Options options = options_;
  options.name = name();
  return ToConfig(options);
}

Values Rescaling::Call(const CallContext&, absl::Span<const Value> inputs) {
  Value x = ops::Cast(inputs[0], DType::kFloat32);
  if (options_.scale != 1) x = ops::Scale(x, options_.scale);
  if (options_.offset != 0) x = ops::Shift(x, options_.offset);
  return x;
}

CAIRN_REGISTER_LAYER(Rescaling);

}  // namespace cairn
