#include "core/training/snapshot.h"

namespace cairn {

const Tensor* Snapshot::FindTensor(const std::string& name) const {
  for (const auto* list : {&weights, &optimizer}) {
    for (const NamedTensor& tensor : *list) {
      if (tensor.name == name) return &tensor.value;
    }
  }
  return nullptr;
}

}  // namespace cairn
