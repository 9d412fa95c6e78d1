#ifndef CAIRN_CORE_TRANSFORM_REWRITE_H_
#define CAIRN_CORE_TRANSFORM_REWRITE_H_

#include <cstdint>
#include <map>

#include "core/graph/graph.h"

namespace cairn {

// Makes a graph from another, node by node. Values of the old graph are named
// by their old ids; whoever adds a node says which old values it stands for.
class Rewrite {
 public:
  // `graph` must outlive this.
  explicit Rewrite(const Graph& graph) : graph_(graph) {}

  // Adds the old node as it is. REQUIRES: all its inputs stand for something.
  void Keep(int32_t old_node);
  // Adds a node whose inputs are given as old values; returns its place.
  int32_t Add(Graph::Node node);
  // Makes an added node read a new value.
  void SetInput(int32_t index, int input, ValueId new_value) {
    parts_.nodes[index].inputs[input] = new_value;
  }
  // The old value is now that one.
  void Replace(ValueId old_value, ValueId new_value) {
    new_of_[old_value] = new_value;
  }
  bool Knows(ValueId old_value) const { return new_of_.count(old_value) > 0; }
  ValueId NewOf(ValueId old_value) const { return new_of_.at(old_value); }
  const Graph::Node& new_node(int32_t index) const {
    return parts_.nodes[index];
  }

  // Carries inputs, outputs, variables and updates over.
  Graph Finish() &&;

 private:
  const Graph& graph_;
  Graph::Parts parts_;
  std::map<ValueId, ValueId> new_of_;
};

// How many nodes, outputs and updates read each value.
std::map<ValueId, int> CountReaders(const Graph& graph);

}  // namespace cairn

#endif  // CAIRN_CORE_TRANSFORM_REWRITE_H_
