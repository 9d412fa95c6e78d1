#include "core/transform/specialize.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "core/graph/op.h"

namespace cairn {
namespace {

absl::Status Fits(const Shape& given, const TensorSpec& declared) {
  bool fits = given.size() == declared.shape.size() && IsStatic(given);
  for (size_t i = 0; fits && i < given.size(); ++i) {
    fits = declared.shape[i] == kDynamic || declared.shape[i] == given[i];
  }
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("an input of shape ", ShapeToString(declared.shape),
                   " cannot take ", ShapeToString(given)));
}

}  // namespace

absl::StatusOr<Graph> Specialize(const Graph& graph,
                                 absl::Span<const Shape> input_shapes) {
  Graph::Parts parts = graph.parts();
  if (input_shapes.size() != parts.inputs.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the graph has ", parts.inputs.size(), " inputs, ",
                     input_shapes.size(), " shapes were given"));
  }
  for (size_t i = 0; i < input_shapes.size(); ++i) {
    Graph::Node& node = parts.nodes[parts.inputs[i].node];
    CAIRN_RETURN_IF_ERROR(Fits(input_shapes[i], node.outputs[0]));
    node.attrs["shape"] =
        std::vector<int64_t>(input_shapes[i].begin(), input_shapes[i].end());
  }
  for (Graph::Node& node : parts.nodes) {
    std::vector<TensorSpec> inputs;
    for (const ValueId input : node.inputs) {
      inputs.push_back(parts.nodes[input.node].outputs[input.output]);
    }
    absl::StatusOr<std::vector<TensorSpec>> outputs =
        node.op->infer(OpCall(inputs, node.attrs));
    if (!outputs.ok()) return Annotate(outputs.status(), node.op->name);
    node.outputs.assign(outputs->begin(), outputs->end());
    for (const TensorSpec& spec : node.outputs) {
      if (!IsStatic(spec.shape)) {
        return absl::InternalError(
            absl::StrCat(node.op->name, ": ", SpecToString(spec),
                         " is not fixed by the shapes of the inputs"));
      }
    }
  }
  return Graph(std::move(parts));
}

}  // namespace cairn
