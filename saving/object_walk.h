#ifndef CAIRN_SAVING_OBJECT_WALK_H_
#define CAIRN_SAVING_OBJECT_WALK_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/layer/layer.h"
#include "core/training/optimizer.h"
#include "saving/checkpoint_contents.h"
#include "saving/stored_objects.h"

namespace cairn {

// A walk along the edges that objects of a Checkpoint and those of a file have
// in common. Nothing here changes an object or reads a value.

// A variable and the node of the file that has its value.
struct FoundVariable {
  std::string path;
  Variable* variable = nullptr;
  int node = -1;
};

struct ObjectWalk {
  std::vector<FoundVariable> found;
  // Layers that are not built, and the nodes that values wait below.
  std::vector<std::pair<Layer*, int>> waiting;
  // Save counters of Checkpoints within, and their nodes.
  std::vector<std::pair<CheckpointContents*, int>> counters;
  // Objects that have a state in the file, and its key.
  std::vector<std::pair<Stateful*, std::string>> states;
  std::set<const Variable*> variables;  // Those found.
  std::set<const Layer*> layers;        // Those visited.

  bool has_any() const {
    return !found.empty() || !waiting.empty() || !counters.empty() ||
           !states.empty();
  }
};

// How the roots of both sides are laid over each other.
struct RestoreRoots {
  int node = 0;              // Of the file, taken for the root.
  std::string file_child;    // Its edge, if it is not the root.
  std::string object_child;  // The object that the file's root is taken for.
};

// The node that is to be an object's.
int FindPlaced(const PlacedObject& placed, const StoredObjects& stored,
               const RestoreRoots& roots);

// Where edges lead if the roots fit; else, for a training checkpoint where the
// model was looked for, or the reverse, the one part that fits. InvalidArgument
// if there is none or there are several.
absl::StatusOr<RestoreRoots> ChooseRoots(
    const std::vector<PlacedObject>& objects, const StoredObjects& stored);

// All but the optimizers.
ObjectWalk WalkObjects(const std::vector<PlacedObject>& objects,
                       const StoredObjects& stored, const RestoreRoots& roots);
// From one layer, which `path` is the path of.
void WalkLayer(Layer& layer, const std::string& path, int node,
               const StoredObjects& stored, ObjectWalk& walk);

// The node of an optimizer: below the root, or below its model, where Keras has
// it. REQUIRES: it is one.
int FindOptimizer(const PlacedObject& placed,
                  const std::vector<PlacedObject>& objects,
                  const StoredObjects& stored, const RestoreRoots& roots);
// Adds the variables of an optimizer that has the node `node`.
absl::Status WalkOptimizer(const PlacedObject& placed, int node,
                           const StoredObjects& stored, ObjectWalk& walk);
// The node of a slot's value, for the weight at place `index` among the
// trainable ones. Older optimizers know slots by their weights, which
// `weight_nodes` has the nodes of.
int FindSlot(int optimizer, const SlotSpec& slot, const Variable* weight,
             int index, const std::map<const Variable*, int>& weight_nodes,
             const StoredObjects& stored);

}  // namespace cairn

#endif  // CAIRN_SAVING_OBJECT_WALK_H_
