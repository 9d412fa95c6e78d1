#include "core/transform/remove_dead_nodes.h"

#include <utility>
#include <vector>

#include "core/transform/rewrite.h"

namespace cairn {

Graph RemoveDeadNodes(const Graph& graph) {
  std::vector<bool> needed(graph.nodes().size(), false);
  for (const ValueId input : graph.inputs()) needed[input.node] = true;
  for (const ValueId output : graph.outputs()) needed[output.node] = true;
  for (const Graph::Update& update : graph.updates()) {
    needed[update.new_value.node] = true;
  }
  for (size_t i = graph.nodes().size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const ValueId input : graph.nodes()[i].inputs) {
      needed[input.node] = true;
    }
  }
  Rewrite rewrite(graph);
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    if (needed[i]) rewrite.Keep(static_cast<int32_t>(i));
  }
  return std::move(rewrite).Finish();
}

}  // namespace cairn
