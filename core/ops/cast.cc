#include "core/ops/cast.h"

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/graph/op.h"
#include "core/ops/dispatch.h"
#include "core/ops/emit.h"
#include "core/ops/simple_kernel.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferCast(const OpCall& call) {
  const DType to = call.attr<DType>("DstT");
  if (!IsComputable(to) || !IsComputable(call.input(0).dtype)) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot cast to ", DTypeName(to)));
  }
  return std::vector<TensorSpec>{{to, call.input(0).shape}};
}

std::vector<Value> CastGradient(const GradientCall& call) {
  const DType from = call.input(0).spec().dtype;
  if (!IsFloating(from)) return {Value()};
  return {ops::Cast(call.output_gradient(0), from)};
}

template <typename From, typename To>
std::unique_ptr<Kernel> MakeCast(int64_t count) {
  return MakeSimpleKernel(
      "cast", [count](KernelInputs inputs, KernelOutputs outputs) {
        const From* from = reinterpret_cast<const From*>(inputs[0]);
        To* to = reinterpret_cast<To*>(outputs[0]);
        for (int64_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
        return absl::OkStatus();
      });
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeCastKernel(
    const KernelRequest& request) {
  using Made = absl::StatusOr<std::unique_ptr<Kernel>>;
  const int64_t count = ElementCount(request.outputs[0].shape);
  return DispatchComputable(
      request.inputs[0].dtype, [&]<typename From>() -> Made {
        return DispatchComputable(
            request.outputs[0].dtype, [&]<typename To>() -> Made {
              return MakeCast<From, To>(count);
            });
      });
}

}  // namespace

namespace ops {

Value Cast(Value x, DType dtype, SourceLocation where) {
  if (!x.valid() || x.spec().dtype == dtype) return x;
  return Emit("Cast", {x}, {{"SrcT", x.spec().dtype}, {"DstT", dtype}}, where);
}

}  // namespace ops

CAIRN_REGISTER_OP(
    {.name = "Cast", .infer = InferCast, .gradient = CastGradient});
CAIRN_REGISTER_KERNEL("Cast", MakeCastKernel);

}  // namespace cairn
