#include "core/ops/broadcast.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace cairn {

absl::StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b) {
  const size_t rank = std::max(a.size(), b.size());
  Shape out(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t x = i + a.size() < rank ? 1 : a[i + a.size() - rank];
    const int64_t y = i + b.size() < rank ? 1 : b[i + b.size() - rank];
    if (x != y && x != 1 && y != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("shapes ", ShapeToString(a), " and ", ShapeToString(b),
                       " do not fit each other"));
    }
    out[i] = x == 1 ? y : x;
  }
  return out;
}

std::vector<int64_t> BroadcastStrides(const Shape& operand, const Shape& out) {
  std::vector<int64_t> strides(out.size(), 0);
  int64_t stride = 1;
  for (size_t i = 0; i < operand.size(); ++i) {
    const size_t from_end = operand.size() - 1 - i;
    if (operand[from_end] != 1) strides[out.size() - 1 - i] = stride;
    stride *= operand[from_end];
  }
  return strides;
}

namespace ops {

Value SumToShapeOf(Value gradient, Value operand) {
  if (!gradient.valid()) return gradient;
  const Shape from = gradient.spec().shape;
  const Shape to = operand.spec().shape;
  if (from == to) return gradient;
  std::vector<int64_t> axes;
  const size_t more = from.size() - to.size();
  for (size_t i = 0; i < from.size(); ++i) {
    if (i < more || (to[i - more] == 1 && from[i] != 1)) {
      axes.push_back(static_cast<int64_t>(i));
    }
  }
  return ReshapeLike(Sum(gradient, axes, /*keep_dims=*/true), operand);
}

}  // namespace ops
}  // namespace cairn
