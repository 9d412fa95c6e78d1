#include "core/ops/reduce.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/graph/op.h"
#include "core/ops/binary.h"
#include "core/ops/broadcast.h"
#include "core/ops/constant.h"
#include "core/ops/emit.h"
#include "core/ops/reshape.h"
#include "core/ops/simple_kernel.h"
#include "core/ops/sum_rows.h"

namespace cairn {
namespace {

// Which dimensions are reduced.
absl::StatusOr<std::vector<bool>> ReducedAxes(
    const Shape& shape, const std::vector<int64_t>& axes) {
  const int64_t rank = static_cast<int64_t>(shape.size());
  std::vector<bool> reduced(shape.size(), false);
  for (const int64_t axis : axes) {
    if (axis < -rank || axis >= rank) {
      return absl::InvalidArgumentError(absl::StrCat(
          "axis ", axis, " is not in a value of shape ", ShapeToString(shape)));
    }
    reduced[axis < 0 ? axis + rank : axis] = true;
  }
  return reduced;
}

absl::StatusOr<std::vector<TensorSpec>> InferReduction(const OpCall& call) {
  const TensorSpec& input = call.input(0);
  if (input.dtype != DType::kFloat32) {
    return absl::InvalidArgumentError("needs float32");
  }
  CAIRN_ASSIGN_OR_RETURN(
      const std::vector<bool> reduced,
      ReducedAxes(input.shape, call.attr<std::vector<int64_t>>("axis")));
  Shape shape;
  for (size_t i = 0; i < input.shape.size(); ++i) {
    if (!reduced[i])
      shape.push_back(input.shape[i]);
    else if (call.attr<bool>("keep_dims"))
      shape.push_back(1);
  }
  return std::vector<TensorSpec>{{DType::kFloat32, shape}};
}

// The gradient in a shape that broadcasts against the input.
Value KeptDims(const GradientCall& call) {
  const Shape& from = call.input(0).spec().shape;
  const auto reduced =
      ReducedAxes(from, call.attr<std::vector<int64_t>>("axis"));
  Shape shape = from;
  for (size_t i = 0; i < shape.size(); ++i) {
    if ((*reduced)[i]) shape[i] = 1;
  }
  return ops::Reshape(call.output_gradient(0), shape);
}

std::vector<Value> SumGradient(const GradientCall& call) {
  return {ops::Emit("_BroadcastLike", {KeptDims(call), call.input(0)})};
}

std::vector<Value> MeanGradient(const GradientCall& call) {
  // A mean is a sum over a count that may be known only per batch.
  const Value ones = ops::Emit(
      "_BroadcastLike", {ops::ScalarLike(call.input(0), 1), call.input(0)});
  const Value count = ops::Sum(ones, call.attr<std::vector<int64_t>>("axis"),
                               /*keep_dims=*/true);
  return {ops::Emit("_BroadcastLike",
                    {ops::Div(KeptDims(call), count), call.input(0)})};
}

// A shape without what does not matter to a reduction: dimensions of 1 are
// left out, and neighbours that are both reduced or both kept are one.
struct ReductionShape {
  std::vector<int64_t> sizes;
  std::vector<bool> reduced;
};

ReductionShape Collapse(const Shape& shape, const std::vector<bool>& reduced) {
  ReductionShape result;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    if (!result.sizes.empty() && result.reduced.back() == reduced[i]) {
      result.sizes.back() *= shape[i];
    } else {
      result.sizes.push_back(shape[i]);
      result.reduced.push_back(reduced[i]);
    }
  }
  return result;
}

// The innermost one or two dimensions are summed by a vector loop; those
// further out are gone through in order.
class ReductionKernel : public Kernel {
 public:
  explicit ReductionKernel(const KernelRequest& request)
      : shape_(
            Collapse(request.inputs[0].shape,
                     *ReducedAxes(request.inputs[0].shape,
                                  request.attr<std::vector<int64_t>>("axis")))),
        inputs_(ElementCount(request.inputs[0].shape)),
        outputs_(ElementCount(request.outputs[0].shape)) {
    if (request.op == "Mean" && outputs_ > 0) {
      divisor_ = static_cast<float>(inputs_ / outputs_);
    }
  }

  absl::Status Bind(const KernelBuffers& buffers) override {
    in_ = reinterpret_cast<const float*>(buffers.inputs[0]);
    out_ = reinterpret_cast<float*>(buffers.outputs[0]);
    scratch_ = reinterpret_cast<float*>(buffers.scratch);
    return absl::OkStatus();
  }

  // Of the sums of one slice, before they are added to those of the others.
  size_t scratch_bytes() const override {
    return static_cast<size_t>(outputs_) * sizeof(float);
  }

  absl::Status Run(int, int) override {
    std::fill(out_, out_ + outputs_, 0.0f);
    if (inputs_ == 0) return absl::OkStatus();
    AddSlice(0, in_, inputs_, out_, outputs_);
    if (divisor_ != 1) {
      for (int64_t i = 0; i < outputs_; ++i) out_[i] /= divisor_;
    }
    return absl::OkStatus();
  }

  std::string Describe() const override { return "reduction"; }

 private:
  // Adds the sums of a slice from dimension `d` on.
  void AddSlice(size_t d, const float* in, int64_t inputs, float* out,
                int64_t outputs) const {
    const size_t left = shape_.sizes.size() - d;
    if (left == 0) {
      *out += *in;
    } else if (left == 1 && shape_.reduced[d]) {
      *out += SumElements(in, inputs);
    } else if (left == 1) {
      for (int64_t i = 0; i < inputs; ++i) out[i] += in[i];
    } else if (left == 2 && shape_.reduced[d]) {
      SumRows(in, shape_.sizes[d], outputs, outputs, scratch_);
      for (int64_t i = 0; i < outputs; ++i) out[i] += scratch_[i];
    } else {
      const int64_t size = shape_.sizes[d];
      const int64_t step = shape_.reduced[d] ? 0 : outputs / size;
      for (int64_t i = 0; i < size; ++i) {
        AddSlice(d + 1, in + i * (inputs / size), inputs / size, out + i * step,
                 step == 0 ? outputs : step);
      }
    }
  }

  const ReductionShape shape_;
  const int64_t inputs_, outputs_;
  float divisor_ = 1;
  const float* in_ = nullptr;
  float* out_ = nullptr;
  float* scratch_ = nullptr;
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeReductionKernel(
    const KernelRequest& request) {
  return std::make_unique<ReductionKernel>(request);
}

absl::StatusOr<std::vector<TensorSpec>> InferArgMax(const OpCall& call) {
  TensorSpec spec = call.input(0);
  if (spec.dtype != DType::kFloat32 || spec.shape.empty()) {
    return absl::InvalidArgumentError("needs float32 of at least one axis");
  }
  spec.dtype = DType::kInt64;
  spec.shape.pop_back();
  return std::vector<TensorSpec>{spec};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeArgMaxKernel(
    const KernelRequest& request) {
  const int64_t classes = request.inputs[0].shape.back();
  const int64_t rows = ElementCount(request.outputs[0].shape);
  return MakeSimpleKernel(
      "argmax",
      [=](KernelInputs inputs, KernelOutputs outputs) -> absl::Status {
        const float* in = reinterpret_cast<const float*>(inputs[0]);
        int64_t* out = reinterpret_cast<int64_t*>(outputs[0]);
        for (int64_t row = 0; row < rows; ++row, in += classes) {
          out[row] = std::max_element(in, in + classes) - in;
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<std::vector<TensorSpec>> InferBroadcastLike(const OpCall& call) {
  CAIRN_ASSIGN_OR_RETURN(
      const Shape shape,
      BroadcastShapes(call.input(0).shape, call.input(1).shape));
  if (call.input(0).dtype != DType::kFloat32 || shape != call.input(1).shape) {
    return absl::InvalidArgumentError("does not broadcast to this shape");
  }
  return std::vector<TensorSpec>{{DType::kFloat32, shape}};
}

std::vector<Value> BroadcastLikeGradient(const GradientCall& call) {
  return {ops::SumToShapeOf(call.output_gradient(0), call.input(0)), Value()};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeBroadcastLikeKernel(
    const KernelRequest& request) {
  const Shape shape = request.outputs[0].shape;
  const auto strides = BroadcastStrides(request.inputs[0].shape, shape);
  std::vector<int64_t> index(shape.size(), 0);
  return MakeSimpleKernel(
      "broadcast",
      [shape, strides, index](KernelInputs inputs,
                              KernelOutputs outputs) mutable -> absl::Status {
        const float* in = reinterpret_cast<const float*>(inputs[0]);
        float* out = reinterpret_cast<float*>(outputs[0]);
        std::fill(index.begin(), index.end(), 0);
        int64_t at = 0;
        const int64_t count = ElementCount(shape);
        for (int64_t i = 0; i < count; ++i) {
          out[i] = in[at];
          for (size_t d = shape.size(); d-- > 0;) {
            at += strides[d];
            if (++index[d] < shape[d]) break;
            at -= strides[d] * shape[d];
            index[d] = 0;
          }
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<std::vector<TensorSpec>> InferBatchSize(const OpCall& call) {
  if (call.input(0).shape.empty()) {
    return absl::InvalidArgumentError("a scalar has no batch");
  }
  return std::vector<TensorSpec>{{DType::kFloat32, {}}};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeBatchSizeKernel(
    const KernelRequest& request) {
  const float size = static_cast<float>(request.inputs[0].shape[0]);
  return MakeSimpleKernel(
      "batch size",
      [size](KernelInputs, KernelOutputs outputs) -> absl::Status {
        *reinterpret_cast<float*>(outputs[0]) = size;
        return absl::OkStatus();
      });
}

std::vector<int64_t> AllAxes(Value x) {
  std::vector<int64_t> axes;
  if (!x.valid()) return axes;
  for (size_t i = 0; i < x.spec().shape.size(); ++i) {
    axes.push_back(static_cast<int64_t>(i));
  }
  return axes;
}

}  // namespace

namespace ops {

Value Sum(Value x, const std::vector<int64_t>& axes, bool keep_dims,
          SourceLocation where) {
  return Emit("Sum", {x}, {{"axis", axes}, {"keep_dims", keep_dims}}, where);
}
Value Mean(Value x, const std::vector<int64_t>& axes, bool keep_dims,
           SourceLocation where) {
  return Emit("Mean", {x}, {{"axis", axes}, {"keep_dims", keep_dims}}, where);
}
Value SumAll(Value x, SourceLocation where) {
  return Sum(x, AllAxes(x), false, where);
}
Value MeanAll(Value x, SourceLocation where) {
  return Mean(x, AllAxes(x), false, where);
}
Value ArgMax(Value x, SourceLocation where) {
  return Emit("ArgMax", {x}, {{"axis", int64_t{-1}}}, where);
}
Value BatchSize(Value x, SourceLocation where) {
  return Emit("_BatchSize", {x}, {}, where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "Sum",
                   .infer = InferReduction,
                   .gradient = SumGradient});
CAIRN_REGISTER_KERNEL("Sum", MakeReductionKernel);
CAIRN_REGISTER_OP({.name = "Mean",
                   .infer = InferReduction,
                   .gradient = MeanGradient});
CAIRN_REGISTER_KERNEL("Mean", MakeReductionKernel);
CAIRN_REGISTER_OP({.name = "ArgMax", .infer = InferArgMax});
CAIRN_REGISTER_KERNEL("ArgMax", MakeArgMaxKernel);
CAIRN_REGISTER_OP({.name = "_BroadcastLike",
                   .infer = InferBroadcastLike,
                   .gradient = BroadcastLikeGradient});
CAIRN_REGISTER_KERNEL("_BroadcastLike", MakeBroadcastLikeKernel);
CAIRN_REGISTER_OP({.name = "_BatchSize", .infer = InferBatchSize});
CAIRN_REGISTER_KERNEL("_BatchSize", MakeBatchSizeKernel);

}  // namespace cairn
