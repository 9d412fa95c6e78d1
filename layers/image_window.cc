#include "layers/image_window.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cairn {
namespace {

std::string PairToString(const std::array<int64_t, 2>& pair) {
  return absl::StrCat("(", pair[0], ", ", pair[1], ")");
}

}  // namespace

absl::Status CheckImageWindow(const Shape& images, const ImageWindow& window) {
  if (images.size() != 4) {
    return absl::InvalidArgumentError(
        absl::StrCat("inputs must be (batch, height, width, channels), got ",
                     ShapeToString(images)));
  }
  for (const auto* pair : {&window.size, &window.strides, &window.dilations}) {
    if (std::min((*pair)[0], (*pair)[1]) > 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("windows, strides and dilations must be positive, got ",
                     PairToString(*pair)));
  }
  const bool valid = absl::EqualsIgnoreCase(window.padding, "valid");
  if (!valid && !absl::EqualsIgnoreCase(window.padding, "same")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "padding must be \"valid\" or \"same\", got \"", window.padding, "\""));
  }
  for (size_t axis = 0; valid && axis < 2; ++axis) {
    const int64_t reach = (window.size[axis] - 1) * window.dilations[axis] + 1;
    const int64_t size = images[axis + 1];
    if (size == kDynamic || size >= reach) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "a window ", PairToString(window.size), " that reaches over ", reach,
        " does not fit into images of ", ShapeToString(images),
        "; padding \"same\" fills them up"));
  }
  return absl::OkStatus();
}

}  // namespace cairn
