#include "core/training/callback_list.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace cairn {

absl::Status CheckCallbacks(const std::vector<Callback*>& callbacks) {
  for (const Callback* callback : callbacks) {
    if (callback == nullptr) {
      return absl::InvalidArgumentError("a callback is null");
    }
  }
  return absl::OkStatus();
}

bool IsStateless(const Callback& callback) {
  return dynamic_cast<const StatelessCallback*>(&callback) != nullptr;
}

std::vector<std::pair<std::string, Callback*>> KeyedCallbacks(
    const std::vector<Callback*>& callbacks) {
  std::vector<std::pair<std::string, Callback*>> keyed;
  std::set<std::string> taken;
  for (Callback* callback : callbacks) {
    std::string base = callback->name();
    if (base.empty()) base = std::string(callback->class_name());
    std::string key = base;
    for (int i = 1; !taken.insert(key).second; ++i) {
      key = absl::StrCat(base, "_", i);
    }
    keyed.emplace_back(std::move(key), callback);
  }
  return keyed;
}

}  // namespace cairn
