// The ops that bring values into a graph: what is given for each run, and what
// variables hold. GraphBuilder emits them, and a plan provides their memory, so
// they have no kernel.
#include <vector>

#include "core/graph/op.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferSource(const OpCall& call) {
  const auto& shape = call.attr<std::vector<int64_t>>("shape");
  return std::vector<TensorSpec>{
      {call.attr<DType>("dtype"), Shape(shape.begin(), shape.end())}};
}

}  // namespace

CAIRN_REGISTER_OP({.name = "Placeholder", .infer = InferSource});
CAIRN_REGISTER_OP({.name = "ReadVariableOp", .infer = InferSource});

}  // namespace cairn
