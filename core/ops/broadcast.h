#ifndef CAIRN_CORE_OPS_BROADCAST_H_
#define CAIRN_CORE_OPS_BROADCAST_H_

#include <vector>

#include "absl/status/statusor.h"
#include "core/graph/value.h"
#include "core/tensor/shape.h"

namespace cairn {

// The shape of two operands together, by numpy's rule. A dynamic dimension fits
// another dynamic one and 1. InvalidArgument if they do not fit.
absl::StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b);

// For each dimension of `out`, how far apart its elements lie in an operand of
// shape `operand`: 0 where the operand is repeated. REQUIRES: static.
std::vector<int64_t> BroadcastStrides(const Shape& operand, const Shape& out);

namespace ops {

// Sums `gradient`, which has the shape of a broadcast result, to the shape of
// `operand`.
Value SumToShapeOf(Value gradient, Value operand);

}  // namespace ops
}  // namespace cairn

#endif  // CAIRN_CORE_OPS_BROADCAST_H_
