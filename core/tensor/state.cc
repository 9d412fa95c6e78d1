#include "core/tensor/state.h"

#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"

namespace cairn {

State CloneState(const State& state) {
  State copy = state;
  for (NamedTensor& tensor : copy.tensors) tensor.value = tensor.value.Clone();
  return copy;
}

absl::Status RestoreTogether(absl::Span<const StateToRestore> states) {
  std::vector<State> before;
  for (const auto& [name, object, state] : states) {
    before.push_back(CloneState(object->SaveState()));
    const absl::Status status = object->RestoreState(state);
    if (status.ok()) continue;
    for (size_t i = 0; i + 1 < before.size(); ++i) {
      // The error that led here says more than one of going back.
      states[i].object->RestoreState(before[i]).IgnoreError();
    }
    return Annotate(status, absl::StrCat("the saved state \"", name, "\""));
  }
  return absl::OkStatus();
}

}  // namespace cairn
