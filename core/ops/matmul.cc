#include "core/ops/matmul.h"

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/graph/op.h"
#include "core/ops/emit.h"
#include "core/runtime/kernel.h"
#include "core/runtime/onednn/matrix_product.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferMatMul(const OpCall& call) {
  const TensorSpec& a = call.input(0);
  const TensorSpec& b = call.input(1);
  if (a.dtype != DType::kFloat32 || b.dtype != DType::kFloat32 ||
      a.shape.size() != 2 || b.shape.size() != 2) {
    return absl::InvalidArgumentError("needs two float32 matrices");
  }
  const bool ta = call.attr<bool>("transpose_a");
  const bool tb = call.attr<bool>("transpose_b");
  const int64_t inner_a = a.shape[ta ? 0 : 1];
  const int64_t inner_b = b.shape[tb ? 1 : 0];
  if (inner_a != inner_b) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the inner dimensions differ: ", inner_a, " and ", inner_b));
  }
  return std::vector<TensorSpec>{
      {DType::kFloat32, {a.shape[ta ? 1 : 0], b.shape[tb ? 0 : 1]}}};
}

std::vector<Value> MatMulGradient(const GradientCall& call) {
  const Value a = call.input(0);
  const Value b = call.input(1);
  const Value dc = call.output_gradient(0);
  const bool ta = call.attr<bool>("transpose_a");
  const bool tb = call.attr<bool>("transpose_b");
  const Value da =
      ta ? ops::MatMul(b, dc, tb, true) : ops::MatMul(dc, b, false, !tb);
  const Value db =
      tb ? ops::MatMul(dc, a, true, ta) : ops::MatMul(a, dc, !ta, false);
  return {da, db};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeMatMulKernel(
    const KernelRequest& request) {
  const bool ta = request.attr<bool>("transpose_a");
  MatrixProduct product{.rows = request.outputs[0].shape[0],
                        .inner = request.inputs[0].shape[ta ? 0 : 1],
                        .columns = request.outputs[0].shape[1],
                        .transpose_a = ta,
                        .transpose_b = request.attr<bool>("transpose_b")};
  if (request.attrs.count("epilogue_bias") > 0) {
    product.bias = request.attr<bool>("epilogue_bias");
    product.activation = request.attr<std::string>("epilogue_activation");
  }
  return MakeMatrixProduct(product);
}

}  // namespace

namespace ops {

Value MatMul(Value a, Value b, bool transpose_a, bool transpose_b,
             SourceLocation where) {
  return Emit("MatMul", {a, b},
              {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}},
              where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "MatMul",
                   .infer = InferMatMul,
                   .gradient = MatMulGradient,
                   .traits = {.accepts_epilogue = true}});
CAIRN_REGISTER_KERNEL("MatMul", MakeMatMulKernel);

}  // namespace cairn
