#ifndef CAIRN_CORE_TRAINING_SNAPSHOT_H_
#define CAIRN_CORE_TRAINING_SNAPSHOT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/config.h"
#include "core/base/shared_value.h"
#include "core/tensor/state.h"
#include "core/tensor/tensor.h"

namespace cairn {

class ThreadTeam;

// Who owns what, as TensorFlow's formats match it: objects and named edges
// between them. A shared object is one node that several edges lead to.
struct ObjectGraph {
  enum class Kind {
    kObject,
    kLayerSequence,  // A Sequential or Functional: edges are places, "0" ….
    kList,           // Edges are places.
    kVariable,
    kOptimizer
  };
  struct Edge {
    std::string name;  // "kernel"; in lists and layer sequences "0", "1" ….
    int node = 0;
  };
  // What an optimizer of older Keras keeps for a weight; both are nodes.
  struct Slot {
    std::string name;  // "m"
    int weight = 0;
    int variable = 0;
  };
  struct Node {
    Kind kind = Kind::kObject;
    std::string class_name;
    std::vector<Edge> edges;
    std::vector<Slot> slots;
    std::string tensor;  // Of kVariable: the tensor's name in the snapshot.
  };
  std::vector<Node> nodes;  // The root first. Empty: nothing is known.

  // The node that an edge of `node` leads to; -1 if there is none, or no
  // `node`.
  int Find(int node, absl::string_view edge) const;
};

using NamedTensors = SharedValue<std::vector<NamedTensor>>;

// The memory that Snapshot::Detach() copies into, used again for each snapshot.
class SnapshotBuffers {
 private:
  friend struct Snapshot;
  // A list of a snapshot, and its copy.
  struct DetachedList {
    NamedTensors source, copy;
  };
  // A piece of a tensor, small enough that threads can share a large one; or
  // several small tensors that lie one behind another in both.
  struct Piece {
    // Takes `next` in, if nothing but what rounds up a size lies between.
    // REQUIRES: both are of one piece of memory, here and in the copies.
    bool Join(const Piece& next);

    const std::byte* from = nullptr;
    std::byte* to = nullptr;
    size_t size = 0;
  };

  // Takes the lists of a snapshot for its own sources.
  void Follow(const NamedTensors& weights, const NamedTensors& optimizer);
  void ListPieces();
  void CopyPieces(ThreadTeam* team) const;

  DetachedList weights_, optimizer_;
  // Of both lists. A task is what one thread copies at once: from one of these
  // to the next.
  std::vector<Piece> pieces_;
  std::vector<size_t> tasks_;
  std::map<std::string, std::vector<Tensor>> extras_;
};

enum class Part { kArchitecture, kWeights, kCompile, kOptimizer, kExtras };
using Parts = std::set<Part>;

// Everything that resuming a run needs.
inline const Parts& AllParts() {
  static const Parts* const parts =
      new Parts{Part::kArchitecture, Part::kWeights, Part::kCompile,
                Part::kOptimizer, Part::kExtras};
  return *parts;
}

// Keys of Snapshot::extras, and how further ones begin.
inline constexpr char kRunExtras[] = "run";
inline constexpr char kDataExtras[] = "data";
inline constexpr char kCallbackExtras[] = "callback/";
inline constexpr char kUserExtras[] = "user/";

// Everything that can be saved of a model and its run, as plain values. File
// formats see this and never a Model, a Layer or an Optimizer.
//
// The object graph's root has the edges "model" and, if there is an optimizer,
// "optimizer". Where the root of a file is itself the model, its node here has
// no class_name. Below "optimizer" are "iterations", "learning_rate" and one
// list per slot, under the names of SlotSpec::edge, with an entry per trainable
// weight in the order of weights().
struct Snapshot {
  Parts parts;  // What is in here.
  // What snapshots of one run have in common they share, and who writes one
  // after another can see it.
  SharedValue<Config> architecture;
  SharedValue<ObjectGraph> objects;
  NamedTensors weights;         // By path.
  SharedValue<Config> compile;  // Optimizer, losses and metrics.
  NamedTensors optimizer;       // "iterations", "m/dense/kernel" ….
  // Under "run": epoch, step, seed, History, versions; the random counter and
  // the metric totals. Under "data": the position. Under "callback/<key>" and
  // "user/<name>": theirs, of objects of FitOptions::state or a Checkpoint.
  std::map<std::string, State> extras;
  // What tf.train.Checkpoint keeps under this name: it numbers saves by it.
  // Negative: it keeps none.
  int64_t save_counter = 0;

  // Of all tensors, those of extras too.
  int64_t TensorBytes() const;
  // The tensor of that name among weights and optimizer, or null.
  const Tensor* FindTensor(const std::string& name) const;

  // Copies the tensors into `buffers`, so that training may go on while they
  // are written. Memory for weights and optimizer is taken anew only where the
  // snapshot before had others. Megabytes are copied by several threads: those
  // of `team`, or where that is null or a single thread, some made for it.
  // REQUIRES: no snapshot that was detached into `buffers` before is in use,
  // and nobody uses the team.
  void Detach(SnapshotBuffers& buffers, ThreadTeam* team = nullptr);
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_SNAPSHOT_H_
