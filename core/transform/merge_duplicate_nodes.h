#ifndef CAIRN_CORE_TRANSFORM_MERGE_DUPLICATE_NODES_H_
#define CAIRN_CORE_TRANSFORM_MERGE_DUPLICATE_NODES_H_

#include "core/graph/graph.h"

namespace cairn {

// With one node in place of several that have the same op, attributes and
// inputs. Nodes are pure, so they compute the same.
Graph MergeDuplicateNodes(const Graph& graph);

}  // namespace cairn

#endif  // CAIRN_CORE_TRANSFORM_MERGE_DUPLICATE_NODES_H_
