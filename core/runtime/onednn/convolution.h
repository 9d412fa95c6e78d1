#ifndef CAIRN_CORE_RUNTIME_ONEDNN_CONVOLUTION_H_
#define CAIRN_CORE_RUNTIME_ONEDNN_CONVOLUTION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/runtime/kernel.h"

namespace cairn {

// A two-dimensional convolution of float32 images. Images are stored as (batch,
// height, width, channels), filters as (height, width, inputs, outputs).
struct Convolution {
  int64_t batch = 0;
  int64_t in_height = 0, in_width = 0, in_channels = 0;
  int64_t out_height = 0, out_width = 0, out_channels = 0;
  int64_t filter_height = 0, filter_width = 0;
  int64_t stride_height = 1, stride_width = 1;
  int64_t dilation_height = 1, dilation_width = 1;
  int64_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  bool bias = false;       // Forward only: input 2, (out_channels).
  std::string activation;  // Forward only: "", "Relu", "Sigmoid" or "Tanh".
};

// Inputs: images, filter, perhaps a bias. Output: images.
absl::StatusOr<std::unique_ptr<Kernel>> MakeConvolutionForward(
    const Convolution& convolution);
// Inputs: filter, gradient of the output. Output: gradient of the input.
absl::StatusOr<std::unique_ptr<Kernel>> MakeConvolutionBackwardInput(
    const Convolution& convolution);
// Inputs: images, gradient of the output. Output: gradient of the filter.
absl::StatusOr<std::unique_ptr<Kernel>> MakeConvolutionBackwardFilter(
    const Convolution& convolution);

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_ONEDNN_CONVOLUTION_H_
