#include "core/ops/reshape.h"

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/graph/builder.h"
#include "core/graph/op.h"
#include "core/ops/emit.h"

namespace cairn {
namespace {

// The product of the known dimensions.
int64_t KnownCount(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t dimension : shape) {
    if (dimension != kDynamic) count *= dimension;
  }
  return count;
}

absl::StatusOr<std::vector<TensorSpec>> InferReshape(const OpCall& call) {
  const auto& attr = call.attr<std::vector<int64_t>>("shape");
  Shape shape(attr.begin(), attr.end());
  const TensorSpec& input = call.input(0);
  const auto open = std::find(shape.begin(), shape.end(), kDynamic);
  const auto misfit = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot bring ", ShapeToString(input.shape),
                     " into the shape ", ShapeToString(shape)));
  };
  if (std::count(shape.begin(), shape.end(), kDynamic) > 1) return misfit();
  const int64_t known = KnownCount(shape);
  const int64_t given = KnownCount(input.shape);
  if (IsStatic(input.shape)) {
    if (open == shape.end()) {
      if (known != given) return misfit();
    } else {
      if (known == 0 || given % known != 0) return misfit();
      *open = given / known;
    }
  } else if (open == shape.end()) {
    // The dynamic dimension must make up for what is missing.
    if (given == 0 || known % given != 0) return misfit();
  }
  return std::vector<TensorSpec>{{input.dtype, shape}};
}

std::vector<Value> ReshapeGradient(const GradientCall& call) {
  return {ops::ReshapeLike(call.output_gradient(0), call.input(0))};
}

}  // namespace

namespace ops {

Value Reshape(Value x, const Shape& shape, SourceLocation where) {
  if (x.valid() && x.spec().shape == shape && IsStatic(shape)) return x;
  return Emit("Reshape", {x},
              {{"shape", std::vector<int64_t>(shape.begin(), shape.end())}},
              where);
}

Value ReshapeLike(Value x, Value like, SourceLocation where) {
  if (!x.valid() || !like.valid()) return x;
  if (x.spec().shape == like.spec().shape) return x;
  return Reshape(x, like.spec().shape, where);
}

}  // namespace ops

// A plan gives the output the input's memory: there is no kernel.
CAIRN_REGISTER_OP({.name = "Reshape",
                   .infer = InferReshape,
                   .gradient = ReshapeGradient});

}  // namespace cairn
