#include "core/ops/constant.h"

#include <vector>

#include "core/graph/op.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferConstant(const OpCall& call) {
  return std::vector<TensorSpec>{call.attr<Tensor>("value").spec()};
}

}  // namespace

namespace ops {

Value Constant(GraphBuilder* builder, const Tensor& value,
               SourceLocation where) {
  return builder->Emit("Const", {},
                       {{"dtype", value.dtype()}, {"value", value}}, where)[0];
}

Value ScalarLike(Value like, double value, SourceLocation where) {
  if (!like.valid()) return like;
  return Constant(like.builder(), Tensor::Scalar(static_cast<float>(value)),
                  where);
}

}  // namespace ops

// A plan holds the value itself: there is no kernel.
CAIRN_REGISTER_OP({.name = "Const", .infer = InferConstant});

}  // namespace cairn
