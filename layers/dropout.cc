#include "layers/dropout.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/ops/binary.h"
#include "core/ops/dropout_mask.h"

namespace cairn {

Config Dropout::GetConfig() const {
  // The name may have come from a parent.
  Options options = options_;
  options.name = name();
  return ToConfig(options);
}

absl::Status Dropout::Build(absl::Span<const TensorSpec>) {
  if (options_.rate >= 0 && options_.rate < 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(Label(), ": rate must be in [0, 1), got ", options_.rate));
}

Values Dropout::Call(const CallContext& context,
                     absl::Span<const Value> inputs) {
  if (!context.training() || options_.rate == 0) return inputs[0];
  const RandomSource source = context.NextRandomSource();
  return ops::Mul(inputs[0], ops::DropoutMask(inputs[0], source.counter,
                                              source.key, options_.rate));
}

CAIRN_REGISTER_LAYER(Dropout);

}  // namespace cairn
