#ifndef CAIRN_CORE_TRANSFORM_FUSE_EPILOGUES_H_
#define CAIRN_CORE_TRANSFORM_FUSE_EPILOGUES_H_

#include "core/graph/graph.h"

namespace cairn {

// Moves a bias, and then a Relu, Sigmoid or Tanh, into the op before it, if
// that op accepts epilogues and nobody else reads what stands between. The op
// gets the bias as its input 2 and the attributes "epilogue_bias" (bool) and
// "epilogue_activation" (the op's name).
Graph FuseEpilogues(const Graph& graph);

}  // namespace cairn

#endif  // CAIRN_CORE_TRANSFORM_FUSE_EPILOGUES_H_
