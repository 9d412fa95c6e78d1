#include "core/training/snapshot.h"

namespace cairn {

int ObjectGraph::Find(int node, absl::string_view edge) const {
  if (node < 0) return -1;
  for (const Edge& candidate : nodes[node].edges) {
    if (candidate.name == edge) return candidate.node;
  }
  return -1;
}

const Tensor* Snapshot::FindTensor(const std::string& name) const {
  for (const auto* list : {&weights, &optimizer}) {
    for (const NamedTensor& tensor : *list) {
      if (tensor.name == name) return &tensor.value;
    }
  }
  return nullptr;
}

}  // namespace cairn
