#include "core/ops/binary.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/graph/op.h"
#include "core/ops/broadcast.h"
#include "core/ops/comparison.h"
#include "core/ops/constant.h"
#include "core/ops/elementwise_function.h"
#include "core/ops/elementwise_program.h"
#include "core/ops/emit.h"
#include "core/ops/select.h"
#include "core/ops/unary.h"
#include "core/runtime/kernel.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferBinary(const OpCall& call) {
  const TensorSpec& a = call.input(0);
  const TensorSpec& b = call.input(1);
  if (a.dtype != b.dtype) {
    return absl::InvalidArgumentError("the operands' types differ");
  }
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, BroadcastShapes(a.shape, b.shape));
  switch (a.dtype) {
    case DType::kFloat32:
    case DType::kFloat64:
    case DType::kInt32:
    case DType::kInt64:
      return std::vector<TensorSpec>{{a.dtype, shape}};
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("cannot compute with ", DTypeName(a.dtype)));
  }
}

std::vector<Value> AddGradient(const GradientCall& call) {
  const Value dy = call.output_gradient(0);
  return {ops::SumToShapeOf(dy, call.input(0)),
          ops::SumToShapeOf(dy, call.input(1))};
}

std::vector<Value> SubGradient(const GradientCall& call) {
  const Value dy = call.output_gradient(0);
  return {ops::SumToShapeOf(dy, call.input(0)),
          ops::SumToShapeOf(ops::Neg(dy), call.input(1))};
}

std::vector<Value> MulGradient(const GradientCall& call) {
  const Value dy = call.output_gradient(0);
  return {ops::SumToShapeOf(ops::Mul(dy, call.input(1)), call.input(0)),
          ops::SumToShapeOf(ops::Mul(dy, call.input(0)), call.input(1))};
}

std::vector<Value> DivGradient(const GradientCall& call) {
  const Value da = ops::Div(call.output_gradient(0), call.input(1));
  return {
      ops::SumToShapeOf(da, call.input(0)),
      ops::SumToShapeOf(ops::Neg(ops::Mul(da, call.output(0))), call.input(1))};
}

// The operand that was chosen takes the gradient; a, where they are equal.
std::vector<Value> ChoiceGradient(const GradientCall& call, Value a_chosen) {
  const Value dy = call.output_gradient(0);
  const Value zero = ops::ScalarLike(dy, 0);
  return {ops::SumToShapeOf(ops::Where(a_chosen, dy, zero), call.input(0)),
          ops::SumToShapeOf(ops::Where(a_chosen, zero, dy), call.input(1))};
}
std::vector<Value> MaximumGradient(const GradientCall& call) {
  return ChoiceGradient(call, ops::GreaterEqual(call.input(0), call.input(1)));
}
std::vector<Value> MinimumGradient(const GradientCall& call) {
  return ChoiceGradient(call, ops::GreaterEqual(call.input(1), call.input(0)));
}

std::vector<Value> PowGradient(const GradientCall& call) {
  const Value exponent = call.input(1);
  const Value slope =
      ops::Mul(exponent, ops::Pow(call.input(0), ops::Shift(exponent, -1)));
  return {ops::SumToShapeOf(ops::Mul(call.output_gradient(0), slope),
                            call.input(0)),
          Value()};
}

template <typename T>
using Arithmetic = T (*)(T a, T b);

template <typename T>
Arithmetic<T> FindArithmetic(absl::string_view op) {
  if (op == "AddV2") return [](T a, T b) -> T { return a + b; };
  if (op == "Sub") return [](T a, T b) -> T { return a - b; };
  if (op == "Mul") return [](T a, T b) -> T { return a * b; };
  if (op == "Pow") {
    return [](T a, T b) { return static_cast<T>(std::pow(a, b)); };
  }
  if (op == "Maximum") {
    return [](T a, T b) -> T { return a >= b || a != a ? a : b; };
  }
  if (op == "Minimum") {
    return [](T a, T b) -> T { return a <= b || a != a ? a : b; };
  }
  // Division. Integers have no infinity.
  if constexpr (std::is_floating_point_v<T>) {
    return [](T a, T b) -> T { return a / b; };
  } else {
    return [](T a, T b) -> T { return b == 0 ? 0 : a / b; };
  }
}

// Any type and any broadcast: row after row along the last axis.
template <typename T>
class BroadcastKernel : public Kernel {
 public:
  explicit BroadcastKernel(const KernelRequest& request)
      : arithmetic_(FindArithmetic<T>(request.op)),
        shape_(RowsOf(request.outputs[0].shape)),
        strides_a_(BroadcastStrides(request.inputs[0].shape, shape_)),
        strides_b_(BroadcastStrides(request.inputs[1].shape, shape_)),
        index_(shape_.size(), 0) {
    const auto function = FindElementwiseFunction(request.op);
    if (std::is_same_v<T, float> && function.has_value()) {
      row_loop_ = FindElementwiseRowLoop(*function);
    }
  }

  absl::Status Bind(const KernelBuffers& buffers) override {
    a_ = reinterpret_cast<const T*>(buffers.inputs[0]);
    b_ = reinterpret_cast<const T*>(buffers.inputs[1]);
    out_ = reinterpret_cast<T*>(buffers.outputs[0]);
    return absl::OkStatus();
  }

  absl::Status Run(int, int) override {
    const int64_t count = ElementCount(shape_);
    const int64_t row = shape_.back();
    std::fill(index_.begin(), index_.end(), 0);
    int64_t a = 0, b = 0;
    for (int64_t i = 0; i < count; i += row) {
      RunRow(a_ + a, b_ + b, out_ + i);
      for (size_t d = shape_.size() - 1; d-- > 0;) {
        a += strides_a_[d];
        b += strides_b_[d];
        if (++index_[d] < shape_[d]) break;
        a -= strides_a_[d] * shape_[d];
        b -= strides_b_[d] * shape_[d];
        index_[d] = 0;
      }
    }
    return absl::OkStatus();
  }

  std::string Describe() const override { return "broadcast"; }

 private:
  static Shape RowsOf(const Shape& shape) {
    return shape.empty() ? Shape{1} : shape;
  }

  void RunRow(const T* a, const T* b, T* out) const {
    const int64_t row = shape_.back();
    const int64_t step_a = strides_a_.back(), step_b = strides_b_.back();
    if constexpr (std::is_same_v<T, float>) {
      if (row_loop_ != nullptr) {
        row_loop_({a, step_a == 0}, {b, step_b == 0}, out,
                  static_cast<size_t>(row));
        return;
      }
    }
    for (int64_t i = 0; i < row; ++i) {
      out[i] = arithmetic_(a[i * step_a], b[i * step_b]);
    }
  }

  const Arithmetic<T> arithmetic_;
  ElementwiseRowLoop row_loop_ = nullptr;
  const Shape shape_;
  const std::vector<int64_t> strides_a_, strides_b_;
  std::vector<int64_t> index_;
  const T* a_ = nullptr;
  const T* b_ = nullptr;
  T* out_ = nullptr;
};

// Whether each operand has the result's shape or is one element.
bool IsPlainLoop(const KernelRequest& request) {
  const Shape& out = request.outputs[0].shape;
  return std::all_of(request.inputs.begin(), request.inputs.end(),
                     [&](const TensorSpec& input) {
                       return ElementCount(input.shape) == ElementCount(out) ||
                              ElementCount(input.shape) == 1;
                     });
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeBinaryKernel(
    const KernelRequest& request) {
  const auto function = FindElementwiseFunction(request.op);
  switch (request.outputs[0].dtype) {
    case DType::kFloat32:
      if (function.has_value() && IsPlainLoop(request)) {
        return MakeElementwiseProgramKernel(
            {.inputs = 2, .instructions = {{*function, 0, 1}}, .outputs = {2}},
            request);
      }
      return std::make_unique<BroadcastKernel<float>>(request);
    case DType::kFloat64:
      return std::make_unique<BroadcastKernel<double>>(request);
    case DType::kInt32:
      return std::make_unique<BroadcastKernel<int32_t>>(request);
    default:
      return std::make_unique<BroadcastKernel<int64_t>>(request);
  }
}

}  // namespace

namespace ops {

Value Add(Value a, Value b, SourceLocation where) {
  return Emit("AddV2", {a, b}, {}, where);
}
Value Sub(Value a, Value b, SourceLocation where) {
  return Emit("Sub", {a, b}, {}, where);
}
Value Mul(Value a, Value b, SourceLocation where) {
  return Emit("Mul", {a, b}, {}, where);
}
Value Div(Value a, Value b, SourceLocation where) {
  return Emit("RealDiv", {a, b}, {}, where);
}
Value Maximum(Value a, Value b, SourceLocation where) {
  return Emit("Maximum", {a, b}, {}, where);
}
Value Minimum(Value a, Value b, SourceLocation where) {
  return Emit("Minimum", {a, b}, {}, where);
}
Value Pow(Value a, Value b, SourceLocation where) {
  return Emit("Pow", {a, b}, {}, where);
}
Value Scale(Value x, double factor, SourceLocation where) {
  return Mul(x, ScalarLike(x, factor, where), where);
}
Value Shift(Value x, double addend, SourceLocation where) {
  return Add(x, ScalarLike(x, addend, where), where);
}

}  // namespace ops

#define CAIRN_REGISTER_BINARY(op, gradient_rule)                          \
  CAIRN_REGISTER_OP({.name = op,                                          \
                     .infer = InferBinary,                                \
                     .gradient = gradient_rule,                           \
                     .traits = {.elementwise = true, .in_place = true}}); \
  CAIRN_REGISTER_KERNEL(op, MakeBinaryKernel)

CAIRN_REGISTER_BINARY("AddV2", AddGradient);
CAIRN_REGISTER_BINARY("Sub", SubGradient);
CAIRN_REGISTER_BINARY("Mul", MulGradient);
CAIRN_REGISTER_BINARY("RealDiv", DivGradient);
CAIRN_REGISTER_BINARY("Maximum", MaximumGradient);
CAIRN_REGISTER_BINARY("Minimum", MinimumGradient);

// Not a trait of a fused loop: it has no vector form.
CAIRN_REGISTER_OP({.name = "Pow",
                   .infer = InferBinary,
                   .gradient = PowGradient});
CAIRN_REGISTER_KERNEL("Pow", MakeBinaryKernel);

}  // namespace cairn
