#ifndef CAIRN_CORE_TRANSFORM_MOVE_MAX_POOL_GRADIENTS_H_
#define CAIRN_CORE_TRANSFORM_MOVE_MAX_POOL_GRADIENTS_H_

#include "core/graph/graph.h"

namespace cairn {

// Does before a MaxPoolGrad what would else be done to its larger result, and
// lets the pooling note where the maxima are, so that its input need not be
// read, nor kept, for the gradient:
//
//   ReluGrad(MaxPoolGrad(x, y, dy), x)   MaxPoolGrad(x, y, ReluGrad(dy, y))
//   BiasAddGrad(MaxPoolGrad(x, y, dy))   BiasAddGrad(dy)
//   MaxPool(x), MaxPoolGrad(x, y, dy)    _MaxPoolWithIndex(x),
//                                        _MaxPoolGradByIndex(index, dy)
//
// The second adds in another order. REQUIRES: every shape is static.
Graph MoveMaxPoolGradients(const Graph& graph);

}  // namespace cairn

#endif  // CAIRN_CORE_TRANSFORM_MOVE_MAX_POOL_GRADIENTS_H_
