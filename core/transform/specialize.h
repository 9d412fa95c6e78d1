#ifndef CAIRN_CORE_TRANSFORM_SPECIALIZE_H_
#define CAIRN_CORE_TRANSFORM_SPECIALIZE_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/graph/graph.h"
#include "core/tensor/shape.h"

namespace cairn {

// The same program for inputs of exactly these static shapes, in the order of
// graph.inputs(). InvalidArgument if one does not fit the input's dimensions,
// or if an op refuses what follows from them.
absl::StatusOr<Graph> Specialize(const Graph& graph,
                                 absl::Span<const Shape> input_shapes);

}  // namespace cairn

#endif  // CAIRN_CORE_TRANSFORM_SPECIALIZE_H_
