#ifndef CAIRN_CORE_TRAINING_OBJECT_GRAPH_BUILDER_H_
#define CAIRN_CORE_TRAINING_OBJECT_GRAPH_BUILDER_H_

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/layer/layer.h"
#include "core/training/optimizer.h"
#include "core/training/snapshot.h"
#include "core/training/step_graphs.h"

namespace cairn {

// Adds objects and their tensors to a snapshot, each below an edge of a node:
// each object once, whatever leads to it. The tensors alias the variables.
class ObjectGraphBuilder {
 public:
  static constexpr int kRoot = 0;

  // `snapshot` must outlive this, and not be copied before this is gone. A root
  // is made if it has none.
  explicit ObjectGraphBuilder(Snapshot& snapshot);

  // A node of that class, to add to.
  int AddObject(int parent, absl::string_view edge,
                absl::string_view class_name);
  void AddEdge(int from, absl::string_view name, int to);
  // Names of weights are their paths below `layer` behind `prefix`, or another
  // if that is taken.
  void AddLayer(int parent, absl::string_view edge, const Layer& layer,
                absl::string_view prefix = "");
  void AddVariable(int parent, absl::string_view edge, const Variable& variable,
                   const std::string& name);
  // A value that is no variable's.
  void AddValue(int parent, absl::string_view edge, const std::string& name,
                const Tensor& value);
  // The iterations, the rate, and the slots of the trainable weights of
  // `model`. REQUIRES: all of them are there.
  void AddOptimizer(int parent, absl::string_view edge, const Layer& model,
                    const Optimizer& optimizer,
                    const OptimizerVariables& variables);

 private:
  int AddNode(ObjectGraph::Kind kind, absl::string_view class_name);
  int LayerNode(const Layer& layer);
  // Adds a variable's tensor under that name, once.
  void AddTensor(const Variable& variable, const std::string& name);
  // REQUIRES: its tensor was added.
  int WeightNode(const Variable& variable);
  void AddOptimizerVariable(int parent, absl::string_view edge,
                            const std::string& name, const Variable& variable);

  Snapshot& snapshot_;
  // The snapshot's own, which nobody else changes meanwhile.
  std::vector<ObjectGraph::Node>& nodes_;
  std::vector<NamedTensor>&weights_, &optimizer_;
  std::unordered_map<const Layer*, int> layers_;
  std::unordered_map<const Variable*, int> variables_;
  std::unordered_map<const Variable*, std::string> tensors_;  // Names.
  std::unordered_set<std::string> names_, optimizer_names_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_OBJECT_GRAPH_BUILDER_H_
