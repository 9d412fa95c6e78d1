#ifndef CAIRN_CORE_TRAINING_SNAPSHOT_OF_H_
#define CAIRN_CORE_TRAINING_SNAPSHOT_OF_H_

#include "core/layer/layer.h"
#include "core/training/optimizer.h"
#include "core/training/snapshot.h"
#include "core/training/step_graphs.h"

namespace cairn {

// Fills snapshot.weights and snapshot.objects with the layer's weights, which
// the tensors alias, below an edge "model".
void SnapshotWeights(const Layer& model, Snapshot& snapshot);

// Adds the optimizer's variables below an edge "optimizer". REQUIRES:
// SnapshotWeights() was called.
void SnapshotOptimizer(const Layer& model, const Optimizer& optimizer,
                       const OptimizerVariables& variables, Snapshot& snapshot);

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_SNAPSHOT_OF_H_
