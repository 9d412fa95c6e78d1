#include "core/ops/softmax.h"

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "core/graph/op.h"
#include "core/ops/binary.h"
#include "core/ops/emit.h"
#include "core/ops/reduce.h"
#include "core/ops/simple_kernel.h"
#include "core/ops/softmax_rows.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferSoftmax(const OpCall& call) {
  const TensorSpec& input = call.input(0);
  if (input.dtype != DType::kFloat32 || input.shape.empty()) {
    return absl::InvalidArgumentError("needs float32 of at least one axis");
  }
  return std::vector<TensorSpec>{input};
}

// dx = y * (dy - sum(dy * y)).
std::vector<Value> SoftmaxGradient(const GradientCall& call) {
  const Value y = call.output(0);
  const Value dy = call.output_gradient(0);
  const Value mean = ops::Sum(ops::Mul(dy, y), {-1}, /*keep_dims=*/true);
  return {ops::Mul(y, ops::Sub(dy, mean))};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeSoftmaxKernel(
    const KernelRequest& request) {
  const int64_t classes = request.inputs[0].shape.back();
  const int64_t count = ElementCount(request.inputs[0].shape);
  const int64_t rows = classes == 0 ? 0 : count / classes;
  return MakeSimpleKernel(
      "softmax",
      [=](KernelInputs inputs, KernelOutputs outputs) -> absl::Status {
        const float* in = reinterpret_cast<const float*>(inputs[0]);
        float* out = reinterpret_cast<float*>(outputs[0]);
        for (int64_t row = 0; row < rows; ++row) {
          SoftmaxRow(in + row * classes, out + row * classes, classes);
        }
        return absl::OkStatus();
      });
}

}  // namespace

namespace ops {

Value Softmax(Value x, SourceLocation where) {
  return Emit("Softmax", {x}, {}, where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "Softmax",
                   .infer = InferSoftmax,
                   .gradient = SoftmaxGradient,
                   .traits = {.in_place = true}});
CAIRN_REGISTER_KERNEL("Softmax", MakeSoftmaxKernel);

}  // namespace cairn
