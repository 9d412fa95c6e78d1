#ifndef CAIRN_SAVING_TRACKABLE_OBJECTS_H_
#define CAIRN_SAVING_TRACKABLE_OBJECTS_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "core/training/snapshot.h"
#include "saving/codec/trackable_object_graph.h"

namespace cairn {

// Between a snapshot's objects and those of TensorFlow's checkpoints, whose
// edges are named by what Keras's classes call their members. What is written
// fits Keras 2 and Keras 3 alike: where they differ, an edge for each leads to
// the same object.
//
//   root ─ model ─┬ layer-<i>, layer_with_weights-<k>      Keras 2
//                 └ _functional ─ _operations ─ <i + 1>    Keras 3's Sequential
//          layer ─ kernel, _kernel
//          optimizer ─ _iterations, _learning_rate, _momentums ─ <i> …
//          save_counter

// An object of a checkpoint that holds a tensor.
struct TrackableTensor {
  std::string key;  // In the bundle.
  // Whose it is: the tensor's name in the snapshot, and whether among weights
  // or optimizer. kExtras: none of the snapshot's; "save_counter" is one.
  Part part = Part::kWeights;
  std::string name;
  // What VisitTrackable() says: the snapshot's own. Null for the save counter,
  // and for a root that is a variable of which the snapshot lacks the value.
  const Tensor* value = nullptr;
};

struct TrackableObjects {
  std::vector<TrackableNode> nodes;  // The root first.
  // In the order of the nodes.
  std::vector<TrackableTensor> tensors;
};

// Nodes are numbered breadth first and keys are the shortest paths, as
// TensorFlow does both. A root that is the model itself gets no save_counter,
// nor does a snapshot whose save_counter is negative.
// Variables whose values the snapshot lacks are left out.
// REQUIRES: snapshot.objects has a root.
TrackableObjects ToTrackable(const Snapshot& snapshot);

// The same one after another, without ever having all of thousands: calls
// `visit` with each node, whether it or something below it has values, and its
// tensor, null if it has none. They are good until `visit` returns.
// REQUIRES: snapshot.objects has a root.
void VisitTrackable(
    const Snapshot& snapshot,
    absl::FunctionRef<void(const TrackableNode& node, bool has_values,
                           const TrackableTensor* tensor)>
        visit);

struct SnapshotObjects {
  ObjectGraph objects;  // The root has the edges "model" and "optimizer".
  std::vector<TrackableTensor> tensors;  // Names are unique within a part.
};

// Whoever wrote them: Cairn, Keras 2 or Keras 3. Of nodes with one key the
// first gives the tensor its name, and all lead to it. REQUIRES: ids of nodes
// are in range.
SnapshotObjects FromTrackable(const std::vector<TrackableNode>& nodes);

// All objects below the root, whatever they are, with our names for edges that
// Keras's versions name differently: places for layers, "kernel" for "_kernel",
// "iterations" for "iter". Of variables, `tensor` is the key. Likewise REQUIRES
// ids in range.
ObjectGraph ObjectsOf(const std::vector<TrackableNode>& nodes);

}  // namespace cairn

#endif  // CAIRN_SAVING_TRACKABLE_OBJECTS_H_
