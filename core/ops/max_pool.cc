#include "core/ops/max_pool.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "core/base/status_macros.h"
#include "core/graph/op.h"
#include "core/ops/emit.h"
#include "core/ops/max_pool_rows.h"
#include "core/ops/window.h"
#include "core/runtime/kernel.h"
#include "core/runtime/task_split.h"

namespace cairn {
namespace {

struct Placement {
  WindowAxis height, width;
};

absl::StatusOr<Placement> Place(const Shape& images, const Attrs& attrs) {
  const auto& window = GetAttr<std::vector<int64_t>>(attrs, "ksize");
  const auto& strides = GetAttr<std::vector<int64_t>>(attrs, "strides");
  const auto& padding = GetAttr<std::string>(attrs, "padding");
  Placement placement;
  CAIRN_ASSIGN_OR_RETURN(
      placement.height,
      PlaceWindow(images[1], window[1], strides[1], 1, padding));
  CAIRN_ASSIGN_OR_RETURN(
      placement.width,
      PlaceWindow(images[2], window[2], strides[2], 1, padding));
  return placement;
}

absl::StatusOr<std::vector<TensorSpec>> InferMaxPool(const OpCall& call) {
  const TensorSpec& images = call.input(0);
  if (images.dtype != DType::kFloat32 || images.shape.size() != 4) {
    return absl::InvalidArgumentError(
        "needs float32 images (batch, height, width, channels)");
  }
  CAIRN_ASSIGN_OR_RETURN(const Placement placement,
                         Place(images.shape, call.attrs()));
  return std::vector<TensorSpec>{
      {DType::kFloat32,
       {images.shape[0], placement.height.output, placement.width.output,
        images.shape[3]}}};
}

// Inputs, as TensorFlow's: the images, the maxima, the maxima's gradient.
absl::StatusOr<std::vector<TensorSpec>> InferMaxPoolGrad(const OpCall& call) {
  return std::vector<TensorSpec>{call.input(0)};
}

std::vector<Value> MaxPoolGradient(const GradientCall& call) {
  return {ops::Emit(
      "MaxPoolGrad",
      {call.input(0), call.output(0), call.output_gradient(0)}, call.attrs)};
}

class MaxPoolKernel : public Kernel {
 public:
  MaxPoolKernel(const KernelRequest& request, bool backward)
      : backward_(backward) {
    const Shape& images = request.inputs[0].shape;
    const Shape& maxima =
        backward ? request.inputs[1].shape : request.outputs[0].shape;
    const Placement placement = *Place(images, request.attrs);
    const auto& window = request.attr<std::vector<int64_t>>("ksize");
    const auto& strides = request.attr<std::vector<int64_t>>("strides");
    geometry_ = {.in_height = images[1],
                 .in_width = images[2],
                 .out_height = maxima[1],
                 .out_width = maxima[2],
                 .channels = images[3],
                 .window_height = window[1],
                 .window_width = window[2],
                 .stride_height = strides[1],
                 .stride_width = strides[2],
                 .pad_top = placement.height.pad_before,
                 .pad_left = placement.width.pad_before};
    batch_ = images[0];
    in_size_ = images[1] * images[2] * images[3];
    out_size_ = maxima[1] * maxima[2] * maxima[3];
    split_ = SplitTasks(
        batch_, std::max<int64_t>(1, 32768 / std::max<int64_t>(in_size_, 1)),
        1);
  }

  absl::Status Bind(const KernelBuffers& buffers) override {
    images_ = reinterpret_cast<const float*>(buffers.inputs[0]);
    if (backward_) {
      maxima_ = reinterpret_cast<const float*>(buffers.inputs[1]);
      gradient_ = reinterpret_cast<const float*>(buffers.inputs[2]);
    }
    out_ = reinterpret_cast<float*>(buffers.outputs[0]);
    return absl::OkStatus();
  }
  int tasks(int) const override { return split_.tasks; }
  absl::Status Run(int, int task) override {
    for (int64_t i = split_.begin(task); i < split_.end(task, batch_); ++i) {
      if (backward_) {
        MaxPoolImageBackward(geometry_, images_ + i * in_size_,
                             maxima_ + i * out_size_, gradient_ + i * out_size_,
                             out_ + i * in_size_);
      } else {
        MaxPoolImage(geometry_, images_ + i * in_size_, out_ + i * out_size_);
      }
    }
    return absl::OkStatus();
  }
  std::string Describe() const override {
    return backward_ ? "max pooling, backward" : "max pooling";
  }

 private:
  const bool backward_;
  MaxPoolGeometry geometry_;
  int64_t batch_ = 0, in_size_ = 0, out_size_ = 0;
  TaskSplit split_;
  const float* images_ = nullptr;
  const float* maxima_ = nullptr;
  const float* gradient_ = nullptr;
  float* out_ = nullptr;
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeForward(
    const KernelRequest& request) {
  return std::make_unique<MaxPoolKernel>(request, false);
}
absl::StatusOr<std::unique_ptr<Kernel>> MakeBackward(
    const KernelRequest& request) {
  return std::make_unique<MaxPoolKernel>(request, true);
}

}  // namespace

namespace ops {

Value MaxPool(Value images, const MaxPoolOptions& options,
              SourceLocation where) {
  return Emit("MaxPool", {images},
              {{"ksize", std::vector<int64_t>{1, options.window[0],
                                              options.window[1], 1}},
               {"strides", std::vector<int64_t>{1, options.strides[0],
                                                options.strides[1], 1}},
               {"padding", options.padding},
               {"data_format", std::string("NHWC")}},
              where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "MaxPool",
                   .infer = InferMaxPool,
                   .gradient = MaxPoolGradient});
CAIRN_REGISTER_KERNEL("MaxPool", MakeForward);
CAIRN_REGISTER_OP({.name = "MaxPoolGrad", .infer = InferMaxPoolGrad});
CAIRN_REGISTER_KERNEL("MaxPoolGrad", MakeBackward);

}  // namespace cairn
