#include "core/ops/conv2d.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/graph/op.h"
#include "core/ops/emit.h"
#include "core/ops/window.h"
#include "core/runtime/kernel.h"
#include "core/runtime/onednn/convolution.h"

namespace cairn {
namespace {

struct Placement {
  WindowAxis height, width;
};

// Attributes are TensorFlow's, with a one for batch and channels.
absl::StatusOr<Placement> Place(const Shape& images, const Shape& filter,
                                const Attrs& attrs) {
  const auto& strides = GetAttr<std::vector<int64_t>>(attrs, "strides");
  const auto& dilations = GetAttr<std::vector<int64_t>>(attrs, "dilations");
  const auto& padding = GetAttr<std::string>(attrs, "padding");
  Placement placement;
  CAIRN_ASSIGN_OR_RETURN(
      placement.height,
      PlaceWindow(images[1], filter[0], strides[1], dilations[1], padding));
  CAIRN_ASSIGN_OR_RETURN(
      placement.width,
      PlaceWindow(images[2], filter[1], strides[2], dilations[2], padding));
  return placement;
}

absl::StatusOr<std::vector<TensorSpec>> InferConv2D(const OpCall& call) {
  const TensorSpec& images = call.input(0);
  const TensorSpec& filter = call.input(1);
  if (images.dtype != DType::kFloat32 || filter.dtype != DType::kFloat32 ||
      images.shape.size() != 4 || filter.shape.size() != 4) {
    return absl::InvalidArgumentError(
        "needs float32 images (batch, height, width, channels) and a filter "
        "(height, width, inputs, outputs)");
  }
  if (images.shape[3] != filter.shape[2]) {
    return absl::InvalidArgumentError(
        absl::StrCat("the images have ", images.shape[3],
                     " channels, the filter takes ", filter.shape[2]));
  }
  CAIRN_ASSIGN_OR_RETURN(const Placement placement,
                         Place(images.shape, filter.shape, call.attrs()));
  return std::vector<TensorSpec>{{DType::kFloat32,
                                  {images.shape[0], placement.height.output,
                                   placement.width.output, filter.shape[3]}}};
}

// The gradients take the value whose shape they have as their first input.
absl::StatusOr<std::vector<TensorSpec>> InferLikeFirst(const OpCall& call) {
  return std::vector<TensorSpec>{call.input(0)};
}

std::vector<Value> Conv2DGradient(const GradientCall& call) {
  const Value images = call.input(0);
  const Value filter = call.input(1);
  const Value dy = call.output_gradient(0);
  return {ops::Emit("_Conv2DBackpropInput", {images, filter, dy}, call.attrs),
          ops::Emit("_Conv2DBackpropFilter", {filter, images, dy}, call.attrs)};
}

Convolution Describe(const Shape& images, const Shape& filter,
                     const Shape& output, const Attrs& attrs) {
  const Placement placement = *Place(images, filter, attrs);
  const auto& strides = GetAttr<std::vector<int64_t>>(attrs, "strides");
  const auto& dilations = GetAttr<std::vector<int64_t>>(attrs, "dilations");
  return {.batch = images[0],
          .in_height = images[1],
          .in_width = images[2],
          .in_channels = images[3],
          .out_height = output[1],
          .out_width = output[2],
          .out_channels = filter[3],
          .filter_height = filter[0],
          .filter_width = filter[1],
          .stride_height = strides[1],
          .stride_width = strides[2],
          .dilation_height = dilations[1],
          .dilation_width = dilations[2],
          .pad_top = placement.height.pad_before,
          .pad_bottom = placement.height.pad_after,
          .pad_left = placement.width.pad_before,
          .pad_right = placement.width.pad_after};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeForward(
    const KernelRequest& request) {
  Convolution convolution =
      Describe(request.inputs[0].shape, request.inputs[1].shape,
               request.outputs[0].shape, request.attrs);
  if (request.attrs.count("epilogue_bias") > 0) {
    convolution.bias = request.attr<bool>("epilogue_bias");
    convolution.activation = request.attr<std::string>("epilogue_activation");
  }
  return MakeConvolutionForward(convolution);
}

// A kernel that is given all inputs but the first, of which the op needs only
// the shape.
class WithoutFirstInput : public Kernel {
 public:
  explicit WithoutFirstInput(std::unique_ptr<Kernel> kernel)
      : kernel_(std::move(kernel)) {}
  size_t scratch_bytes() const override { return kernel_->scratch_bytes(); }
  absl::Status Bind(const KernelBuffers& buffers) override {
    return kernel_->Bind(
        {buffers.inputs.subspan(1), buffers.outputs, buffers.scratch});
  }
  int stages() const override { return kernel_->stages(); }
  int tasks(int stage) const override { return kernel_->tasks(stage); }
  absl::Status Run(int stage, int task) override {
    return kernel_->Run(stage, task);
  }
  std::string Describe() const override { return kernel_->Describe(); }

 private:
  const std::unique_ptr<Kernel> kernel_;
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeBackpropInput(
    const KernelRequest& request) {
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<Kernel> kernel,
                         MakeConvolutionBackwardInput(Describe(
                             request.inputs[0].shape, request.inputs[1].shape,
                             request.inputs[2].shape, request.attrs)));
  return std::make_unique<WithoutFirstInput>(std::move(kernel));
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeBackpropFilter(
    const KernelRequest& request) {
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<Kernel> kernel,
                         MakeConvolutionBackwardFilter(Describe(
                             request.inputs[1].shape, request.inputs[0].shape,
                             request.inputs[2].shape, request.attrs)));
  return std::make_unique<WithoutFirstInput>(std::move(kernel));
}

}  // namespace

namespace ops {

Value Conv2D(Value images, Value filter, const Conv2DOptions& options,
             SourceLocation where) {
  return Emit("Conv2D", {images, filter},
              {{"strides", std::vector<int64_t>{1, options.strides[0],
                                                options.strides[1], 1}},
               {"dilations", std::vector<int64_t>{1, options.dilations[0],
                                                  options.dilations[1], 1}},
               {"padding", options.padding},
               {"data_format", std::string("NHWC")}},
              where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "Conv2D",
                   .infer = InferConv2D,
                   .gradient = Conv2DGradient,
                   .traits = {.accepts_epilogue = true}});
CAIRN_REGISTER_KERNEL("Conv2D", MakeForward);
CAIRN_REGISTER_OP({.name = "_Conv2DBackpropInput", .infer = InferLikeFirst});
CAIRN_REGISTER_KERNEL("_Conv2DBackpropInput", MakeBackpropInput);
CAIRN_REGISTER_OP({.name = "_Conv2DBackpropFilter", .infer = InferLikeFirst});
CAIRN_REGISTER_KERNEL("_Conv2DBackpropFilter", MakeBackpropFilter);

}  // namespace cairn
