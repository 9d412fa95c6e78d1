#include "core/ops/unary.h"

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/graph/op.h"
#include "core/ops/binary.h"
#include "core/ops/elementwise_function.h"
#include "core/ops/elementwise_program.h"
#include "core/ops/emit.h"
#include "core/runtime/kernel.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferUnary(const OpCall& call) {
  for (size_t i = 0; i < call.input_count(); ++i) {
    if (call.input(i).dtype != DType::kFloat32) {
      return absl::InvalidArgumentError(
          absl::StrCat("needs float32, got ", DTypeName(call.input(i).dtype)));
    }
    if (call.input(i).shape != call.input(0).shape) {
      return absl::InvalidArgumentError("the shapes differ");
    }
  }
  return std::vector<TensorSpec>{call.input(0)};
}

std::vector<Value> NegGradient(const GradientCall& call) {
  return {ops::Neg(call.output_gradient(0))};
}
std::vector<Value> AbsGradient(const GradientCall& call) {
  return {ops::Mul(call.output_gradient(0), ops::Sign(call.input(0)))};
}
// Flat, where it is not a step.
std::vector<Value> SignGradient(const GradientCall&) { return {Value()}; }
std::vector<Value> SquareGradient(const GradientCall& call) {
  return {ops::Mul(call.output_gradient(0), ops::Scale(call.input(0), 2))};
}
std::vector<Value> SqrtGradient(const GradientCall& call) {
  return {ops::Div(ops::Scale(call.output_gradient(0), 0.5), call.output(0))};
}
std::vector<Value> RsqrtGradient(const GradientCall& call) {
  const Value cube = ops::Mul(ops::Square(call.output(0)), call.output(0));
  return {ops::Scale(ops::Mul(call.output_gradient(0), cube), -0.5)};
}
std::vector<Value> ExpGradient(const GradientCall& call) {
  return {ops::Mul(call.output_gradient(0), call.output(0))};
}
std::vector<Value> LogGradient(const GradientCall& call) {
  return {ops::Div(call.output_gradient(0), call.input(0))};
}

// These are written in terms of the output: the value before the activation
// then has one reader, and so the activation may join the op that feeds it.
std::vector<Value> ReluGradient(const GradientCall& call) {
  return {ops::Emit("ReluGrad", {call.output_gradient(0), call.output(0)})};
}
std::vector<Value> SigmoidGradient(const GradientCall& call) {
  return {ops::Emit("SigmoidGrad", {call.output(0), call.output_gradient(0)})};
}
std::vector<Value> TanhGradient(const GradientCall& call) {
  return {ops::Emit("TanhGrad", {call.output(0), call.output_gradient(0)})};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeUnaryKernel(
    const KernelRequest& request) {
  const ElementwiseFunction function = *FindElementwiseFunction(request.op);
  const int inputs = OperandCount(function);
  return MakeElementwiseProgramKernel(
      {.inputs = inputs,
       .instructions = {{function, 0, inputs == 2 ? 1 : -1}},
       .outputs = {inputs}},
      request);
}

}  // namespace

namespace ops {

Value Neg(Value x, SourceLocation where) { return Emit("Neg", {x}, {}, where); }
Value Abs(Value x, SourceLocation where) { return Emit("Abs", {x}, {}, where); }
Value Sign(Value x, SourceLocation where) {
  return Emit("Sign", {x}, {}, where);
}
Value Square(Value x, SourceLocation where) {
  return Emit("Square", {x}, {}, where);
}
Value Sqrt(Value x, SourceLocation where) {
  return Emit("Sqrt", {x}, {}, where);
}
Value Rsqrt(Value x, SourceLocation where) {
  return Emit("Rsqrt", {x}, {}, where);
}
Value Exp(Value x, SourceLocation where) { return Emit("Exp", {x}, {}, where); }
Value Log(Value x, SourceLocation where) { return Emit("Log", {x}, {}, where); }
Value Relu(Value x, SourceLocation where) {
  return Emit("Relu", {x}, {}, where);
}
Value Sigmoid(Value x, SourceLocation where) {
  return Emit("Sigmoid", {x}, {}, where);
}
Value Tanh(Value x, SourceLocation where) {
  return Emit("Tanh", {x}, {}, where);
}

}  // namespace ops

#define CAIRN_REGISTER_UNARY(op, gradient_rule)                           \
  CAIRN_REGISTER_OP({.name = op,                                          \
                     .infer = InferUnary,                                 \
                     .gradient = gradient_rule,                           \
                     .traits = {.elementwise = true, .in_place = true}}); \
  CAIRN_REGISTER_KERNEL(op, MakeUnaryKernel)

CAIRN_REGISTER_UNARY("Neg", NegGradient);
CAIRN_REGISTER_UNARY("Abs", AbsGradient);
CAIRN_REGISTER_UNARY("Sign", SignGradient);
CAIRN_REGISTER_UNARY("Square", SquareGradient);
CAIRN_REGISTER_UNARY("Sqrt", SqrtGradient);
CAIRN_REGISTER_UNARY("Rsqrt", RsqrtGradient);
CAIRN_REGISTER_UNARY("Exp", ExpGradient);
CAIRN_REGISTER_UNARY("Log", LogGradient);
CAIRN_REGISTER_UNARY("Relu", ReluGradient);
CAIRN_REGISTER_UNARY("ReluGrad", nullptr);
CAIRN_REGISTER_UNARY("Sigmoid", SigmoidGradient);
CAIRN_REGISTER_UNARY("SigmoidGrad", nullptr);
CAIRN_REGISTER_UNARY("Tanh", TanhGradient);
CAIRN_REGISTER_UNARY("TanhGrad", nullptr);

}  // namespace cairn
