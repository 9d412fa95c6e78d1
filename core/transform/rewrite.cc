#include "core/transform/rewrite.h"

#include <utility>

namespace cairn {

void Rewrite::Keep(int32_t old_node) {
  const Graph::Node& node = graph_.nodes()[old_node];
  const int32_t index = Add(node);
  for (size_t o = 0; o < node.outputs.size(); ++o) {
    const int32_t output = static_cast<int32_t>(o);
    Replace({old_node, output}, {index, output});
  }
}

int32_t Rewrite::Add(Graph::Node node) {
  for (ValueId& input : node.inputs) input = NewOf(input);
  parts_.nodes.push_back(std::move(node));
  return static_cast<int32_t>(parts_.nodes.size()) - 1;
}

Graph Rewrite::Finish() && {
  for (const ValueId input : graph_.inputs()) {
    parts_.inputs.push_back(NewOf(input));
  }
  for (const ValueId output : graph_.outputs()) {
    parts_.outputs.push_back(NewOf(output));
  }
  parts_.variables.assign(graph_.variables().begin(), graph_.variables().end());
  for (const Graph::Update& update : graph_.updates()) {
    parts_.updates.push_back({update.variable, NewOf(update.new_value)});
  }
  return Graph(std::move(parts_));
}

std::map<ValueId, int> CountReaders(const Graph& graph) {
  std::map<ValueId, int> readers;
  for (const Graph::Node& node : graph.nodes()) {
    for (const ValueId input : node.inputs) ++readers[input];
  }
  for (const ValueId output : graph.outputs()) ++readers[output];
  for (const Graph::Update& update : graph.updates()) {
    ++readers[update.new_value];
  }
  return readers;
}

}  // namespace cairn
