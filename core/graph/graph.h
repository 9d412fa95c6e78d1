#ifndef CAIRN_CORE_GRAPH_GRAPH_H_
#define CAIRN_CORE_GRAPH_GRAPH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "core/base/source_location.h"
#include "core/graph/attr.h"
#include "core/graph/op.h"
#include "core/graph/value.h"
#include "core/graph/variable.h"
#include "core/tensor/shape.h"

namespace cairn {

// A pure dataflow program. Nodes compute and nothing else; the only effects of
// running a graph are its updates. A value: immutable once built.
class Graph {
 public:
  struct Node {
    const OpDef* op = nullptr;
    absl::InlinedVector<ValueId, 3> inputs;
    Attrs attrs;
    absl::InlinedVector<TensorSpec, 1> outputs;
    SourceLocation where;  // The line of Call() that emitted the node.
  };
  // `variable` takes `new_value` after every node has read the old values.
  struct Update {
    std::shared_ptr<Variable> variable;
    ValueId new_value;
  };
  struct Parts {
    std::vector<Node> nodes;
    std::vector<ValueId> inputs;
    std::vector<ValueId> outputs;
    std::vector<std::shared_ptr<Variable>> variables;
    std::vector<Update> updates;
  };

  Graph() = default;
  // REQUIRES: a node's inputs precede it, and every id is in range.
  explicit Graph(Parts parts);

  // In topological order: a node's inputs precede it.
  absl::Span<const Node> nodes() const { return parts_.nodes; }
  // The outputs of the "Placeholder" nodes, in the order they were added.
  absl::Span<const ValueId> inputs() const { return parts_.inputs; }
  absl::Span<const ValueId> outputs() const { return parts_.outputs; }
  // What the nodes "ReadVariableOp" read, indexed by their attribute
  // "variable".
  absl::Span<const std::shared_ptr<Variable>> variables() const {
    return parts_.variables;
  }
  absl::Span<const Update> updates() const { return parts_.updates; }
  const TensorSpec& spec(ValueId value) const {
    return parts_.nodes[value.node].outputs[value.output];
  }
  // A copy of everything, for a transformation to change.
  Parts parts() const { return parts_; }

  // One line per node; stable, so tests compare it.
  std::string ToString() const;

 private:
  Parts parts_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_GRAPH_GRAPH_H_
