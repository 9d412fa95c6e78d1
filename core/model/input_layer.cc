#include "core/model/input_layer.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cairn {

Config InputLayer::GetConfig() const {
  Options options = options_;
  options.name = name();
  return ToConfig(options);
}

absl::StatusOr<TensorSpec> InputLayer::InputSpec() const {
  TensorSpec spec;
  if (!options_.dtype.empty()) {
    const std::optional<DType> dtype = DTypeFromName(options_.dtype);
    if (!dtype.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(Label(), ": unknown dtype \"", options_.dtype, "\""));
    }
    spec.dtype = *dtype;
  }
  spec.shape.push_back(kDynamic);
  for (const int64_t dimension : options_.shape) {
    if (dimension <= 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          Label(), ": dimensions must be positive, got ", dimension));
    }
    spec.shape.push_back(dimension);
  }
  return spec;
}

Values InputLayer::Call(const CallContext&, absl::Span<const Value> inputs) {
  return std::vector<Value>(inputs.begin(), inputs.end());
}

CAIRN_REGISTER_LAYER(InputLayer);

}  // namespace cairn
