#include "core/transform/move_max_pool_gradients.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/graph/op.h"
#include "core/ops/max_pool_rows.h"
#include "core/transform/rewrite.h"

namespace cairn {
namespace {

bool Is(const Graph::Node& node, absl::string_view op) {
  return node.op->name == op;
}

// A relu after the pooling hides the windows whose maximum is not positive, a
// relu before it the pixels that are not: the same, as the gradient goes to a
// pixel that equals its window's maximum.
Graph MoveRelu(const Graph& graph) {
  const std::map<ValueId, int> readers = CountReaders(graph);
  // The ReluGrad that alone reads a MaxPoolGrad.
  std::map<int32_t, int32_t> relu_of;
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Graph::Node& relu = graph.nodes()[i];
    if (!Is(relu, "ReluGrad") || readers.at(relu.inputs[0]) != 1) continue;
    const Graph::Node& pool = graph.nodes()[relu.inputs[0].node];
    if (Is(pool, "MaxPoolGrad") && pool.inputs[0] == relu.inputs[1]) {
      relu_of[relu.inputs[0].node] = static_cast<int32_t>(i);
    }
  }
  Rewrite rewrite(graph);
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const int32_t old_node = static_cast<int32_t>(i);
    const auto found = relu_of.find(old_node);
    if (found != relu_of.end()) {
      const Graph::Node& pool = graph.nodes()[i];
      Graph::Node relu = graph.nodes()[found->second];
      relu.inputs = {pool.inputs[2], pool.inputs[1]};
      relu.outputs = {graph.spec(pool.inputs[1])};
      const int32_t hidden = rewrite.Add(std::move(relu));
      const int32_t moved = rewrite.Add(pool);
      rewrite.SetInput(moved, 2, {hidden, 0});
      rewrite.Replace({found->second, 0}, {moved, 0});
    } else if (!rewrite.Knows({old_node, 0})) {
      rewrite.Keep(old_node);
    }
  }
  return std::move(rewrite).Finish();
}

// Each gradient of a maximum arrives at one pixel, so the sums are equal.
Graph MoveBiasAddGrad(const Graph& graph) {
  Rewrite rewrite(graph);
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const int32_t old_node = static_cast<int32_t>(i);
    Graph::Node node = graph.nodes()[i];
    if (!Is(node, "BiasAddGrad") ||
        !Is(graph.nodes()[node.inputs[0].node], "MaxPoolGrad")) {
      rewrite.Keep(old_node);
      continue;
    }
    node.inputs = {graph.nodes()[node.inputs[0].node].inputs[2]};
    rewrite.Replace({old_node, 0}, {rewrite.Add(std::move(node)), 0});
  }
  return std::move(rewrite).Finish();
}

// Whether `gradient` is the gradient of the pooling that made its second input.
bool BelongsTogether(const Graph& graph, const Graph::Node& gradient) {
  const Graph::Node& pool = graph.nodes()[gradient.inputs[1].node];
  const auto& window = GetAttr<std::vector<int64_t>>(gradient.attrs, "ksize");
  return Is(pool, "MaxPool") && pool.inputs[0] == gradient.inputs[0] &&
         AttrsEqual(pool.attrs, gradient.attrs) &&
         window[1] * window[2] <= kMaxIndexedWindow;
}

Graph NoteIndex(const Graph& graph) {
  std::map<int32_t, bool> notes;  // Poolings that have such a gradient.
  for (const Graph::Node& node : graph.nodes()) {
    if (Is(node, "MaxPoolGrad") && BelongsTogether(graph, node)) {
      notes[node.inputs[1].node] = true;
    }
  }
  Rewrite rewrite(graph);
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const int32_t old_node = static_cast<int32_t>(i);
    Graph::Node node = graph.nodes()[i];
    if (notes.count(old_node) > 0) {
      node.op = FindOp("_MaxPoolWithIndex");
      node.outputs.push_back({DType::kUInt8, node.outputs[0].shape});
    } else if (Is(node, "MaxPoolGrad") && BelongsTogether(graph, node)) {
      const Shape& shape = node.outputs[0].shape;
      node.op = FindOp("_MaxPoolGradByIndex");
      node.attrs["images_shape"] =
          std::vector<int64_t>(shape.begin(), shape.end());
      const ValueId maxima = node.inputs[1];
      node.inputs = {maxima, node.inputs[2]};
      const int32_t index = rewrite.Add(std::move(node));
      rewrite.SetInput(index, 0, {rewrite.NewOf(maxima).node, 1});
      rewrite.Replace({old_node, 0}, {index, 0});
      continue;
    } else {
      rewrite.Keep(old_node);
      continue;
    }
    rewrite.Replace({old_node, 0}, {rewrite.Add(std::move(node)), 0});
  }
  return std::move(rewrite).Finish();
}

}  // namespace

Graph MoveMaxPoolGradients(const Graph& graph) {
  return NoteIndex(MoveBiasAddGrad(MoveRelu(graph)));
}

}  // namespace cairn
