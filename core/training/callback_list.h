#ifndef CAIRN_CORE_TRAINING_CALLBACK_LIST_H_
#define CAIRN_CORE_TRAINING_CALLBACK_LIST_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "core/training/callback.h"

namespace cairn {

// InvalidArgument if one is null.
absl::Status CheckCallbacks(const std::vector<Callback*>& callbacks);

// Calls one hook of each callback in turn and stops at the first error.
template <typename Hook, typename... Arguments>
absl::Status CallEach(const std::vector<Callback*>& callbacks, Hook hook,
                      Arguments&&... arguments) {
  for (Callback* callback : callbacks) {
    absl::Status status = (callback->*hook)(arguments...);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Whether its type says that it has nothing to remember.
bool IsStateless(const Callback& callback);

// The key of each callback's state: its name if it has one, else its class
// name, then with _1, _2 among those of one class. Adding a callback of another
// class moves nobody's state.
std::vector<std::pair<std::string, Callback*>> KeyedCallbacks(
    const std::vector<Callback*>& callbacks);

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_CALLBACK_LIST_H_
