#ifndef CAIRN_CORE_TRANSFORM_PREPARE_FOR_PLAN_H_
#define CAIRN_CORE_TRANSFORM_PREPARE_FOR_PLAN_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/graph/graph.h"
#include "core/tensor/shape.h"

namespace cairn {

// Everything between a traced graph and a plan: shapes fixed, what nobody needs
// removed, what stands twice merged, neighbours fused.
absl::StatusOr<Graph> PrepareForPlan(const Graph& graph,
                                     absl::Span<const Shape> input_shapes);

}  // namespace cairn

#endif  // CAIRN_CORE_TRANSFORM_PREPARE_FOR_PLAN_H_
