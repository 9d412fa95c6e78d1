#ifndef CAIRN_CORE_GRAPH_BUILDER_H_
#define CAIRN_CORE_GRAPH_BUILDER_H_

#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/source_location.h"
#include "core/graph/graph.h"
#include "core/graph/value.h"

namespace cairn {

// Records nodes while forward code runs. The first error is kept and every
// later call returns an invalid Value, so forward code needs no error checks.
// Not thread-safe; must not move while Values refer to it.
class GraphBuilder {
 public:
  GraphBuilder() = default;
  GraphBuilder(const GraphBuilder&) = delete;
  GraphBuilder& operator=(const GraphBuilder&) = delete;

  // Adds a "Placeholder": something that is given for each run.
  Value AddInput(absl::string_view name, TensorSpec spec);
  // The variable's value before this step's updates.
  Value Read(std::shared_ptr<Variable> variable);
  // At the end of the step `variable` takes `new_value`. A second update of one
  // variable replaces the first.
  void Update(std::shared_ptr<Variable> variable, Value new_value);
  // The value that `variable` is to take, or else an invalid Value.
  Value PendingUpdate(const Variable& variable) const;
  // `op` must be registered. Shapes are inferred and checked here. Returns the
  // op's outputs; after an error, one invalid value.
  std::vector<Value> Emit(absl::string_view op, absl::Span<const Value> inputs,
                          Attrs attrs,
                          SourceLocation where = SourceLocation::Current());
  const TensorSpec& spec(Value value) const;
  const Graph::Node& node(ValueId value) const {
    return parts_.nodes[value.node];
  }
  int32_t node_count() const {
    return static_cast<int32_t>(parts_.nodes.size());
  }

  // Records an error found by forward code itself, unless there was one before.
  // Returns an invalid Value.
  Value Fail(absl::Status error,
             SourceLocation where = SourceLocation::Current());
  const absl::Status& status() const { return status_; }

  // Returns the graph, or the first error with the line that caused it.
  absl::StatusOr<Graph> Build(absl::Span<const Value> outputs) &&;

 private:
  Graph::Parts parts_;
  // Each variable is read once.
  std::map<const Variable*, ValueId> reads_;
  absl::Status status_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_GRAPH_BUILDER_H_
