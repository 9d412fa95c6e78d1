#include "layers/max_pooling2d.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/graph/builder.h"
#include "core/ops/max_pool.h"

namespace cairn {

Config MaxPooling2D::GetConfig() const {
  // The name may have come from a parent.
  Options options = options_;
  options.name = name();
  return ToConfig(options);
}

Values MaxPooling2D::Call(const CallContext& context,
                          absl::Span<const Value> inputs) {
  if (inputs[0].spec().shape.size() != 4) {
    return context.builder().Fail(absl::InvalidArgumentError(absl::StrCat(
        Label(), ": inputs must be (batch, height, width, channels), got ",
        ShapeToString(inputs[0].spec().shape))));
  }
  return ops::MaxPool(
      inputs[0], {.window = options_.pool_size,
                  .strides = options_.strides.value_or(options_.pool_size),
                  .padding = absl::AsciiStrToUpper(options_.padding)});
}

CAIRN_REGISTER_LAYER(MaxPooling2D);

}  // namespace cairn
