// How object_walk.h lays the roots of a Checkpoint and of a file over each
// other.
#include "absl/strings/str_cat.h"
#include "core/base/counted_list.h"
#include "saving/object_walk.h"

namespace cairn {
namespace {

bool HasAny(const std::vector<PlacedObject>& objects,
            const StoredObjects& stored, const RestoreRoots& roots) {
  if (WalkObjects(objects, stored, roots).has_any()) return true;
  for (const PlacedObject& placed : objects) {
    if (placed.object.optimizer_of != nullptr &&
        FindOptimizer(placed, objects, stored, roots) >= 0) {
      return true;
    }
  }
  return false;
}

// Whether there is a value for all weights that are to have one.
bool FitsWhole(const std::vector<PlacedObject>& objects,
               const StoredObjects& stored, const RestoreRoots& roots) {
  const ObjectWalk walk = WalkObjects(objects, stored, roots);
  if (!walk.has_any()) return false;
  for (const PlacedObject& placed : objects) {
    const Layer* const layer = placed.object.layer.get();
    if (layer == nullptr || (!roots.object_child.empty() &&
                             placed.edges[0] != roots.object_child)) {
      continue;
    }
    for (const Weight& weight : layer->weights()) {
      if (walk.variables.count(weight.variable.get()) == 0) return false;
    }
  }
  return true;
}

std::vector<RestoreRoots> ListOtherRoots(
    const std::vector<PlacedObject>& objects, const StoredObjects& stored) {
  constexpr size_t kMostChildren = 100;  // Of a hostile file.
  std::vector<RestoreRoots> others;
  for (const ObjectGraph::Edge& edge : stored.graph().nodes[0].edges) {
    if (!stored.IsVariable(edge.node) && others.size() < kMostChildren) {
      others.push_back({.node = edge.node, .file_child = edge.name});
    }
  }
  for (const PlacedObject& placed : objects) {
    if (placed.object.layer != nullptr && placed.edges.size() == 1) {
      others.push_back({.object_child = placed.edges[0]});
    }
  }
  return others;
}

}  // namespace

absl::StatusOr<RestoreRoots> ChooseRoots(
    const std::vector<PlacedObject>& objects, const StoredObjects& stored) {
  if (HasAny(objects, stored, {})) return RestoreRoots{};
  std::vector<RestoreRoots> fitting;
  for (const RestoreRoots& roots : ListOtherRoots(objects, stored)) {
    if (FitsWhole(objects, stored, roots)) fitting.push_back(roots);
  }
  if (fitting.size() == 1) return fitting[0];
  std::vector<std::string> ours, theirs;
  for (const PlacedObject& placed : objects) ours.push_back(placed.path());
  for (const ObjectGraph::Edge& edge : stored.graph().nodes[0].edges) {
    theirs.push_back(edge.name);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "nothing in ", stored.prefix(), " fits; the root here has the edges ",
      CountedList(ours), "; the file's root has ", CountedList(theirs),
      fitting.empty() ? "" : "; several parts would fit"));
}

}  // namespace cairn
