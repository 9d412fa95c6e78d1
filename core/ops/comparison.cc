#include "core/ops/comparison.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/base/status_macros.h"
#include "core/graph/op.h"
#include "core/ops/broadcast.h"
#include "core/ops/dispatch.h"
#include "core/ops/emit.h"
#include "core/ops/simple_kernel.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferComparison(const OpCall& call) {
  const TensorSpec& a = call.input(0);
  const TensorSpec& b = call.input(1);
  if (a.dtype != b.dtype || !IsComputable(a.dtype)) {
    return absl::InvalidArgumentError("cannot compare values of these types");
  }
  if (a.shape != b.shape && !a.shape.empty() && !b.shape.empty()) {
    return absl::InvalidArgumentError("the shapes differ");
  }
  return std::vector<TensorSpec>{
      {DType::kBool, a.shape.empty() ? b.shape : a.shape}};
}

template <typename T, typename Compare>
std::unique_ptr<Kernel> MakeCompare(const KernelRequest& request,
                                    Compare compare) {
  const int64_t count = ElementCount(request.outputs[0].shape);
  const bool whole_a = ElementCount(request.inputs[0].shape) == count;
  const bool whole_b = ElementCount(request.inputs[1].shape) == count;
  return MakeSimpleKernel(
      "compare",
      [=](KernelInputs inputs, KernelOutputs outputs) -> absl::Status {
        const T* a = reinterpret_cast<const T*>(inputs[0]);
        const T* b = reinterpret_cast<const T*>(inputs[1]);
        bool* out = reinterpret_cast<bool*>(outputs[0]);
        for (int64_t i = 0; i < count; ++i) {
          out[i] = compare(a[whole_a ? i : 0], b[whole_b ? i : 0]);
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeComparisonKernel(
    const KernelRequest& request) {
  return DispatchComputable(
      request.inputs[0].dtype,
      [&]<typename T>() -> absl::StatusOr<std::unique_ptr<Kernel>> {
        if (request.op == "Equal") {
          return MakeCompare<T>(request, [](T a, T b) { return a == b; });
        }
        if (request.op == "Greater") {
          return MakeCompare<T>(request, [](T a, T b) { return a > b; });
        }
        return MakeCompare<T>(request, [](T a, T b) { return a >= b; });
      });
}

}  // namespace

namespace ops {

Value Equal(Value a, Value b, SourceLocation where) {
  return Emit("Equal", {a, b}, {}, where);
}
Value Greater(Value a, Value b, SourceLocation where) {
  return Emit("Greater", {a, b}, {}, where);
}
Value GreaterEqual(Value a, Value b, SourceLocation where) {
  return Emit("GreaterEqual", {a, b}, {}, where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "Equal", .infer = InferComparison});
CAIRN_REGISTER_KERNEL("Equal", MakeComparisonKernel);
CAIRN_REGISTER_OP({.name = "Greater", .infer = InferComparison});
CAIRN_REGISTER_KERNEL("Greater", MakeComparisonKernel);
CAIRN_REGISTER_OP({.name = "GreaterEqual", .infer = InferComparison});
CAIRN_REGISTER_KERNEL("GreaterEqual", MakeComparisonKernel);

}  // namespace cairn
