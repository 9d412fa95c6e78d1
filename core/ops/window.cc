#include "core/ops/window.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/tensor/shape.h"

namespace cairn {

absl::StatusOr<WindowAxis> PlaceWindow(int64_t input, int64_t window,
                                       int64_t stride, int64_t dilation,
                                       absl::string_view padding) {
  if (window < 1 || stride < 1 || dilation < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("window ", window, ", stride ", stride, " and dilation ",
                     dilation, " must be positive"));
  }
  if (padding != "VALID" && padding != "SAME") {
    return absl::InvalidArgumentError(absl::StrCat(
        "padding must be \"VALID\" or \"SAME\", got \"", padding, "\""));
  }
  if (input == kDynamic) return WindowAxis{.output = kDynamic};
  const int64_t reach = (window - 1) * dilation + 1;
  WindowAxis axis;
  if (padding == "VALID") {
    if (input < reach) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a window that reaches over ", reach, " does not fit into ", input));
    }
    axis.output = (input - reach) / stride + 1;
  } else {
    axis.output = (input + stride - 1) / stride;
    const int64_t total =
        std::max<int64_t>((axis.output - 1) * stride + reach - input, 0);
    axis.pad_before = total / 2;
    axis.pad_after = total - axis.pad_before;
  }
  return axis;
}

}  // namespace cairn
