#include "core/transform/prepare_for_plan.h"

#include <utility>

#include "core/base/status_macros.h"
#include "core/transform/fuse_elementwise.h"
#include "core/transform/fuse_epilogues.h"
#include "core/transform/merge_duplicate_nodes.h"
#include "core/transform/move_max_pool_gradients.h"
#include "core/transform/remove_dead_nodes.h"
#include "core/transform/specialize.h"

namespace cairn {

absl::StatusOr<Graph> PrepareForPlan(const Graph& graph,
                                     absl::Span<const Shape> input_shapes) {
  // Dead nodes first: what is not needed need not fit.
  CAIRN_ASSIGN_OR_RETURN(Graph prepared,
                         Specialize(RemoveDeadNodes(graph), input_shapes));
  prepared = MergeDuplicateNodes(prepared);
  prepared = MoveMaxPoolGradients(prepared);
  prepared = FuseEpilogues(prepared);
  prepared = FuseElementwise(prepared);
  return RemoveDeadNodes(prepared);
}

}  // namespace cairn
