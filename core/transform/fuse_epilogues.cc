#include "core/transform/fuse_epilogues.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/transform/rewrite.h"

namespace cairn {
namespace {

bool IsActivation(absl::string_view op) {
  return op == "Relu" || op == "Sigmoid" || op == "Tanh";
}

// A node that takes in what follows it.
struct Chain {
  int32_t last = -1;  // The node whose value the fused node computes.
  ValueId bias;       // Invalid: none.
  std::string activation;
};

}  // namespace

Graph FuseEpilogues(const Graph& graph) {
  const std::map<ValueId, int> readers = CountReaders(graph);
  // The one node that reads a value nobody else reads.
  std::map<ValueId, int32_t> only_reader;
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Graph::Node& node = graph.nodes()[i];
    if (!node.inputs.empty() && readers.at(node.inputs[0]) == 1) {
      only_reader[node.inputs[0]] = static_cast<int32_t>(i);
    }
  }
  const auto follower = [&](int32_t node) -> int32_t {
    const auto found = only_reader.find({node, 0});
    return found == only_reader.end() ? -1 : found->second;
  };

  // Chains by the node that ends them: there all inputs are known.
  std::map<int32_t, std::pair<int32_t, Chain>> chain_ending_at;
  std::vector<bool> absorbed(graph.nodes().size(), false);
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Graph::Node& node = graph.nodes()[i];
    if (!node.op->traits.accepts_epilogue || node.inputs.size() != 2) continue;
    const int32_t first = static_cast<int32_t>(i);
    Chain chain{.last = first};
    int32_t next = follower(chain.last);
    if (next >= 0 && graph.nodes()[next].op->name == "BiasAdd") {
      chain.bias = graph.nodes()[next].inputs[1];
      chain.last = next;
      next = follower(next);
    }
    if (next >= 0 && IsActivation(graph.nodes()[next].op->name)) {
      chain.activation = std::string(graph.nodes()[next].op->name);
      chain.last = next;
    }
    if (chain.last == first) continue;
    for (int32_t n = first; n != chain.last; n = follower(n))
      absorbed[n] = true;
    chain_ending_at[chain.last] = {first, chain};
  }

  Rewrite rewrite(graph);
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const int32_t old_node = static_cast<int32_t>(i);
    if (absorbed[i]) continue;
    const auto found = chain_ending_at.find(old_node);
    if (found == chain_ending_at.end()) {
      rewrite.Keep(old_node);
      continue;
    }
    const auto& [first, chain] = found->second;
    Graph::Node fused = graph.nodes()[first];
    if (chain.bias.valid()) fused.inputs.push_back(chain.bias);
    fused.attrs["epilogue_bias"] = chain.bias.valid();
    fused.attrs["epilogue_activation"] = chain.activation;
    const int32_t index = rewrite.Add(std::move(fused));
    rewrite.Replace({old_node, 0}, {index, 0});
  }
  return std::move(rewrite).Finish();
}

}  // namespace cairn
