#include "core/ops/max_pool.h"

#include <algorithm>
#include <cstdint>
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
  CAIRN_ASSIGN_OR_RETURN(placement.height, PlaceWindow(images[1], window[1],
                                                       strides[1], 1, padding));
  CAIRN_ASSIGN_OR_RETURN(placement.width, PlaceWindow(images[2], window[2],
                                                      strides[2], 1, padding));
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
  return std::vector<TensorSpec>{{DType::kFloat32,
                                  {images.shape[0], placement.height.output,
                                   placement.width.output, images.shape[3]}}};
}

// Inputs, as TensorFlow's: the images, the maxima, the maxima's gradient.
absl::StatusOr<std::vector<TensorSpec>> InferMaxPoolGrad(const OpCall& call) {
  return std::vector<TensorSpec>{call.input(0)};
}

std::vector<Value> MaxPoolGradient(const GradientCall& call) {
  return {ops::Emit("MaxPoolGrad",
                    {call.input(0), call.output(0), call.output_gradient(0)},
                    call.attrs)};
}

// The ops that the transformation MoveMaxPoolGradients() makes of the two
// above.
absl::StatusOr<std::vector<TensorSpec>> InferWithIndex(const OpCall& call) {
  CAIRN_ASSIGN_OR_RETURN(std::vector<TensorSpec> outputs, InferMaxPool(call));
  outputs.push_back({DType::kUInt8, outputs[0].shape});
  return outputs;
}

// Inputs: the index, the maxima's gradient.
absl::StatusOr<std::vector<TensorSpec>> InferGradByIndex(const OpCall& call) {
  const auto& shape = call.attr<std::vector<int64_t>>("images_shape");
  return std::vector<TensorSpec>{
      {DType::kFloat32, Shape(shape.begin(), shape.end())}};
}

// What the four kernels have in common: images of one geometry, cut into tasks.
class MaxPoolKernel : public Kernel {
 public:
  MaxPoolKernel(const Shape& images, const Shape& maxima, const Attrs& attrs) {
    const Placement placement = *Place(images, attrs);
    const auto& window = GetAttr<std::vector<int64_t>>(attrs, "ksize");
    const auto& strides = GetAttr<std::vector<int64_t>>(attrs, "strides");
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
    inputs_.assign(buffers.inputs.begin(), buffers.inputs.end());
    outputs_.assign(buffers.outputs.begin(), buffers.outputs.end());
    return absl::OkStatus();
  }
  int tasks(int) const override { return split_.tasks; }
  absl::Status Run(int, int task) override {
    for (int64_t i = split_.begin(task); i < split_.end(task, batch_); ++i) {
      RunImage(i);
    }
    return absl::OkStatus();
  }

 protected:
  virtual void RunImage(int64_t image) = 0;
  const MaxPoolGeometry& geometry() const { return geometry_; }

  // One image's part of an input or output that is as large as the images, or
  // as the maxima.
  const float* images(int input, int64_t image) const {
    return reinterpret_cast<const float*>(inputs_[input]) + image * in_size_;
  }
  const float* maxima(int input, int64_t image) const {
    return reinterpret_cast<const float*>(inputs_[input]) + image * out_size_;
  }
  const uint8_t* index_in(int64_t image) const {
    return reinterpret_cast<const uint8_t*>(inputs_[0]) + image * out_size_;
  }
  float* images_out(int64_t image) const {
    return reinterpret_cast<float*>(outputs_[0]) + image * in_size_;
  }
  float* maxima_out(int64_t image) const {
    return reinterpret_cast<float*>(outputs_[0]) + image * out_size_;
  }
  uint8_t* index_out(int64_t image) const {
    return reinterpret_cast<uint8_t*>(outputs_[1]) + image * out_size_;
  }

 private:
  MaxPoolGeometry geometry_;
  int64_t batch_ = 0, in_size_ = 0, out_size_ = 0;
  TaskSplit split_;
  std::vector<const std::byte*> inputs_;
  std::vector<std::byte*> outputs_;
};

class ForwardKernel : public MaxPoolKernel {
 public:
  explicit ForwardKernel(const KernelRequest& request)
      : MaxPoolKernel(request.inputs[0].shape, request.outputs[0].shape,
                      request.attrs) {}
  void RunImage(int64_t i) override {
    MaxPoolImage(geometry(), images(0, i), maxima_out(i));
  }
  std::string Describe() const override { return "max pooling"; }
};

class BackwardKernel : public MaxPoolKernel {
 public:
  explicit BackwardKernel(const KernelRequest& request)
      : MaxPoolKernel(request.inputs[0].shape, request.inputs[1].shape,
                      request.attrs) {}
  void RunImage(int64_t i) override {
    MaxPoolImageBackward(geometry(), images(0, i), maxima(1, i), maxima(2, i),
                         images_out(i));
  }
  std::string Describe() const override { return "max pooling, backward"; }
};

class WithIndexKernel : public MaxPoolKernel {
 public:
  explicit WithIndexKernel(const KernelRequest& request)
      : MaxPoolKernel(request.inputs[0].shape, request.outputs[0].shape,
                      request.attrs) {}
  void RunImage(int64_t i) override {
    MaxPoolImageWithIndex(geometry(), images(0, i), maxima_out(i),
                          index_out(i));
  }
  std::string Describe() const override { return "max pooling with index"; }
};

class ByIndexKernel : public MaxPoolKernel {
 public:
  explicit ByIndexKernel(const KernelRequest& request)
      : MaxPoolKernel(request.outputs[0].shape, request.inputs[0].shape,
                      request.attrs) {}
  void RunImage(int64_t i) override {
    MaxPoolImageBackwardByIndex(geometry(), index_in(i), maxima(1, i),
                                images_out(i));
  }
  std::string Describe() const override {
    return "max pooling by index, backward";
  }
};

template <typename K>
absl::StatusOr<std::unique_ptr<Kernel>> Make(const KernelRequest& request) {
  return std::make_unique<K>(request);
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
CAIRN_REGISTER_KERNEL("MaxPool", Make<ForwardKernel>);
CAIRN_REGISTER_OP({.name = "MaxPoolGrad", .infer = InferMaxPoolGrad});
CAIRN_REGISTER_KERNEL("MaxPoolGrad", Make<BackwardKernel>);
CAIRN_REGISTER_OP({.name = "_MaxPoolWithIndex", .infer = InferWithIndex});
CAIRN_REGISTER_KERNEL("_MaxPoolWithIndex", Make<WithIndexKernel>);
CAIRN_REGISTER_OP({.name = "_MaxPoolGradByIndex", .infer = InferGradByIndex});
CAIRN_REGISTER_KERNEL("_MaxPoolGradByIndex", Make<ByIndexKernel>);

}  // namespace cairn
