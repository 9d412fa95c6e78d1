#include "core/training/snapshot_of.h"

#include "core/training/object_graph_builder.h"

namespace cairn {

void SnapshotWeights(const Layer& model, Snapshot& snapshot) {
  ObjectGraphBuilder(snapshot).AddLayer(ObjectGraphBuilder::kRoot, "model",
                                        model);
}

void SnapshotOptimizer(const Layer& model, const Optimizer& optimizer,
                       const OptimizerVariables& variables,
                       Snapshot& snapshot) {
  ObjectGraphBuilder(snapshot).AddOptimizer(
      ObjectGraphBuilder::kRoot, "optimizer", model, optimizer, variables);
}

}  // namespace cairn
