#ifndef CAIRN_CORE_OPS_WINDOW_H_
#define CAIRN_CORE_OPS_WINDOW_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn {

// Where a window moves along one axis of an image.
struct WindowAxis {
  int64_t output = 0;      // How many places it takes; kDynamic if unknown.
  int64_t pad_before = 0;  // What is added in front of the axis.
  int64_t pad_after = 0;
};

// By TensorFlow's rules. `padding` is "VALID" or "SAME". InvalidArgument if the
// window does not fit or an argument is not positive.
absl::StatusOr<WindowAxis> PlaceWindow(int64_t input, int64_t window,
                                       int64_t stride, int64_t dilation,
                                       absl::string_view padding);

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_WINDOW_H_
