#ifndef CAIRN_CORE_TRANSFORM_FUSE_ELEMENTWISE_H_
#define CAIRN_CORE_TRANSFORM_FUSE_ELEMENTWISE_H_

#include "core/graph/graph.h"

namespace cairn {

// Joins neighbouring elementwise float32 ops of one shape into one node, whose
// kernel does all of them block by block while the block is in cache. Scalars
// may be operands. An optimizer's update of a weight becomes one pass over the
// weight, its gradient and its slots. REQUIRES: shapes are static.
Graph FuseElementwise(const Graph& graph);

}  // namespace cairn

#endif  // CAIRN_CORE_TRANSFORM_FUSE_ELEMENTWISE_H_
