#include "layers/activation.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace cairn {

Config ActivationLayer::GetConfig() const {
  // The name may have come from a parent.
  Options options = options_;
  options.name = name();
  return ToConfig(options);
}

absl::Status ActivationLayer::Build(absl::Span<const TensorSpec>) {
  if (options_.activation.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Label(), ": no activation was given"));
  }
  CAIRN_ASSIGN_OR_RETURN(activation_, options_.activation.Get());
  return absl::OkStatus();
}

Values ActivationLayer::Call(const CallContext&,
                             absl::Span<const Value> inputs) {
  return activation_->Call(inputs[0]);
}

CAIRN_REGISTER_LAYER(ActivationLayer);

}  // namespace cairn
