#ifndef CAIRN_LAYERS_IMAGE_WINDOW_H_
#define CAIRN_LAYERS_IMAGE_WINDOW_H_

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/tensor/shape.h"

namespace cairn {

// A window, height by width, that a layer moves over images.
struct ImageWindow {
  std::array<int64_t, 2> size, strides;
  std::array<int64_t, 2> dilations = {1, 1};
  absl::string_view padding;
};

// InvalidArgument if `images` is not (batch, height, width, channels), if the
// padding is not "valid" or "same", if a number is not positive, or if the
// window is larger than unpadded images.
absl::Status CheckImageWindow(const Shape& images, const ImageWindow& window);

}  // namespace cairn

#endif  // CAIRN_LAYERS_IMAGE_WINDOW_H_
