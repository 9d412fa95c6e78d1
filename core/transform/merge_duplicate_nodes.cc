#include "core/transform/merge_duplicate_nodes.h"

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/transform/rewrite.h"

namespace cairn {

Graph MergeDuplicateNodes(const Graph& graph) {
  using Key = std::tuple<absl::string_view, size_t, std::vector<ValueId>>;
  // New nodes by op, hash of the attributes and inputs; attributes are compared
  // one by one.
  std::map<Key, std::vector<int32_t>> seen;
  Rewrite rewrite(graph);
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const int32_t old_node = static_cast<int32_t>(i);
    const Graph::Node& node = graph.nodes()[i];
    if (node.op->name == "Placeholder") {
      rewrite.Keep(old_node);
      continue;
    }
    std::vector<ValueId> inputs;
    for (const ValueId input : node.inputs) {
      inputs.push_back(rewrite.NewOf(input));
    }
    std::vector<int32_t>& candidates =
        seen[Key(node.op->name, HashAttrs(node.attrs), std::move(inputs))];
    int32_t same = -1;
    for (const int32_t candidate : candidates) {
      if (AttrsEqual(rewrite.new_node(candidate).attrs, node.attrs)) {
        same = candidate;
      }
    }
    if (same < 0) {
      rewrite.Keep(old_node);
      candidates.push_back(rewrite.NewOf({old_node, 0}).node);
      continue;
    }
    for (size_t o = 0; o < node.outputs.size(); ++o) {
      const int32_t output = static_cast<int32_t>(o);
      rewrite.Replace({old_node, output}, {same, output});
    }
  }
  return std::move(rewrite).Finish();
}

}  // namespace cairn
