#include "core/training/snapshot.h"

#include <cstring>

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

void Snapshot::Detach(SnapshotBuffers& buffers) {
  size_t used = 0;
  const auto detach = [&](std::vector<NamedTensor>& list) {
    for (NamedTensor& tensor : list) {
      if (used == buffers.tensors_.size()) buffers.tensors_.emplace_back();
      Tensor& copy = buffers.tensors_[used++];
      if (copy.spec() != tensor.value.spec()) {
        copy = tensor.value.Clone();
      } else {
        const absl::Span<const std::byte> from = tensor.value.bytes();
        std::memcpy(copy.mutable_bytes().data(), from.data(), from.size());
      }
      tensor.value = copy;
    }
  };
  detach(weights);
  detach(optimizer);
  for (auto& [key, state] : extras) detach(state.tensors);
  buffers.tensors_.resize(used);
}

}  // namespace cairn
