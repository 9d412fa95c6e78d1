#ifndef CAIRN_CORE_TRANSFORM_REMOVE_DEAD_NODES_H_
#define CAIRN_CORE_TRANSFORM_REMOVE_DEAD_NODES_H_

#include "core/graph/graph.h"

namespace cairn {

// Without the nodes that no output and no update needs. Inputs stay.
Graph RemoveDeadNodes(const Graph& graph);

}  // namespace cairn

#endif  // CAIRN_CORE_TRANSFORM_REMOVE_DEAD_NODES_H_
