#include "layers/max_pooling2d.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "core/base/annotate.h"
#include "core/graph/builder.h"
#include "core/ops/max_pool.h"
#include "layers/image_window.h"

namespace cairn {

Config MaxPooling2D::GetConfig() const {
  // The name may have come from a parent.
  Options options = options_;
  options.name = name();
  return ToConfig(options);
}

Values MaxPooling2D::Call(const CallContext& context,
                          absl::Span<const Value> inputs) {
  const std::array<int64_t, 2> strides =
      options_.strides.value_or(options_.pool_size);
  const absl::Status status =
      CheckImageWindow(inputs[0].spec().shape, {.size = options_.pool_size,
                                                .strides = strides,
                                                .padding = options_.padding});
  if (!status.ok()) return context.builder().Fail(Annotate(status, Label()));
  return ops::MaxPool(inputs[0],
                      {.window = options_.pool_size,
                       .strides = strides,
                       .padding = absl::AsciiStrToUpper(options_.padding)});
}

CAIRN_REGISTER_LAYER(MaxPooling2D);

}  // namespace cairn
