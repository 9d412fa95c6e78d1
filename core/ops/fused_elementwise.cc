// "_FusedElementwise": several elementwise ops as one loop. Made by
// FuseElementwise(), never exported.
#include <memory>
#include <vector>

#include "core/graph/op.h"
#include "core/ops/elementwise_program.h"
#include "core/runtime/kernel.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferFused(const OpCall& call) {
  const auto program =
      ElementwiseProgram::Decode(call.attr<std::vector<int64_t>>("program"));
  const auto& shape = call.attr<std::vector<int64_t>>("shape");
  return std::vector<TensorSpec>(
      program.outputs.size(),
      {DType::kFloat32, Shape(shape.begin(), shape.end())});
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeFusedKernel(
    const KernelRequest& request) {
  return MakeElementwiseProgramKernel(
      ElementwiseProgram::Decode(request.attr<std::vector<int64_t>>("program")),
      request);
}

}  // namespace

CAIRN_REGISTER_OP({.name = "_FusedElementwise",
                   .infer = InferFused,
                   .traits = {.in_place = true}});
CAIRN_REGISTER_KERNEL("_FusedElementwise", MakeFusedKernel);

}  // namespace cairn
