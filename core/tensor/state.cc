#include "core/tensor/state.h"

namespace cairn {

State CloneState(const State& state) {
  State copy = state;
  for (NamedTensor& tensor : copy.tensors) tensor.value = tensor.value.Clone();
  return copy;
}

}  // namespace cairn
