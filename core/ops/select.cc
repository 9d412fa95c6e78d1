#include "core/ops/select.h"

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "core/graph/op.h"
#include "core/ops/broadcast.h"
#include "core/ops/constant.h"
#include "core/ops/emit.h"
#include "core/ops/simple_kernel.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferSelect(const OpCall& call) {
  if (call.input(0).dtype != DType::kBool) {
    return absl::InvalidArgumentError("the condition must be bool");
  }
  for (int i = 1; i <= 2; ++i) {
    const TensorSpec& choice = call.input(i);
    if (choice.dtype != DType::kFloat32 ||
        (!choice.shape.empty() && choice.shape != call.input(0).shape)) {
      return absl::InvalidArgumentError(
          "the choices must be float32 scalars or of the condition's shape");
    }
  }
  return std::vector<TensorSpec>{{DType::kFloat32, call.input(0).shape}};
}

std::vector<Value> SelectGradient(const GradientCall& call) {
  const Value dy = call.output_gradient(0);
  const Value zero = ops::ScalarLike(dy, 0);
  return {
      Value(),
      ops::SumToShapeOf(ops::Where(call.input(0), dy, zero), call.input(1)),
      ops::SumToShapeOf(ops::Where(call.input(0), zero, dy), call.input(2))};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeSelectKernel(
    const KernelRequest& request) {
  const int64_t count = ElementCount(request.outputs[0].shape);
  const bool whole_a = ElementCount(request.inputs[1].shape) == count;
  const bool whole_b = ElementCount(request.inputs[2].shape) == count;
  return MakeSimpleKernel(
      "select",
      [=](KernelInputs inputs, KernelOutputs outputs) -> absl::Status {
        const bool* condition = reinterpret_cast<const bool*>(inputs[0]);
        const float* a = reinterpret_cast<const float*>(inputs[1]);
        const float* b = reinterpret_cast<const float*>(inputs[2]);
        float* out = reinterpret_cast<float*>(outputs[0]);
        for (int64_t i = 0; i < count; ++i) {
          out[i] = condition[i] ? a[whole_a ? i : 0] : b[whole_b ? i : 0];
        }
        return absl::OkStatus();
      });
}

}  // namespace

namespace ops {

Value Where(Value condition, Value a, Value b, SourceLocation where) {
  return Emit("SelectV2", {condition, a, b}, {}, where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "SelectV2",
                   .infer = InferSelect,
                   .gradient = SelectGradient});
CAIRN_REGISTER_KERNEL("SelectV2", MakeSelectKernel);

}  // namespace cairn
