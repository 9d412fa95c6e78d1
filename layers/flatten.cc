#include "layers/flatten.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/graph/builder.h"
#include "core/ops/reshape.h"

namespace cairn {

Config Flatten::GetConfig() const {
  // The name may have come from a parent.
  Options options = options_;
  options.name = name();
  return ToConfig(options);
}

Values Flatten::Call(const CallContext&, absl::Span<const Value> inputs) {
  const Shape& shape = inputs[0].spec().shape;
  int64_t count = 1;
  for (size_t i = 1; i < shape.size(); ++i) {
    // Only one axis of the result can be open, and that is the batch.
    if (shape[i] == kDynamic) {
      return inputs[0].builder()->Fail(absl::InvalidArgumentError(
          absl::StrCat(Label(),
                       ": an axis of unknown size cannot be "
                       "flattened: ",
                       ShapeToString(shape))));
    }
    count *= shape[i];
  }
  return ops::Reshape(inputs[0], {kDynamic, count});
}

CAIRN_REGISTER_LAYER(Flatten);

}  // namespace cairn
