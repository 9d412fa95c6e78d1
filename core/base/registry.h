#ifndef CAIRN_CORE_BASE_REGISTRY_H_
#define CAIRN_CORE_BASE_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/check.h"
#include "core/base/config.h"
#include "core/base/mutex.h"

namespace cairn {

class CustomObjects;

// Maps registered names, such as "Custom>Swish", to factories of one kind of
// object. Kind has a `static constexpr absl::string_view kKindName`, "layer",
// for messages. Thread-safe.
template <typename Kind>
class Registry {
 public:
  // The factory finds the classes of nested objects in its second argument.
  using Factory = std::function<absl::StatusOr<std::unique_ptr<Kind>>(
      const Config&, const CustomObjects&)>;

  // The registry that CAIRN_REGISTER_* fills before main().
  static Registry& Global() {
    static Registry* const registry = new Registry();
    return *registry;
  }

  // Returns AlreadyExists if `name` is taken.
  absl::Status Add(absl::string_view name, Factory factory)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    const bool added =
        factories_.emplace(std::string(name), std::move(factory)).second;
    if (added) return absl::OkStatus();
    return absl::AlreadyExistsError(absl::StrCat(
        "a ", Kind::kKindName, " is already registered as \"", name, "\""));
  }

  // Null if there is none. The factory lives as long as the registry.
  const Factory* Find(absl::string_view name) const
      ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    const auto found = factories_.find(std::string(name));
    return found == factories_.end() ? nullptr : &found->second;
  }

  // Sorted.
  std::vector<std::string> names() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, factory] : factories_) names.push_back(name);
    return names;
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, Factory> factories_ ABSL_GUARDED_BY(mutex_);
};

// Adds a factory to the global registry; a static of this type is what a
// CAIRN_REGISTER_* macro makes. A name given twice ends the process.
template <typename Kind>
struct Registrar {
  Registrar(std::initializer_list<absl::string_view> names,
            typename Registry<Kind>::Factory factory) {
    for (absl::string_view name : names) {
      CAIRN_CHECK(Registry<Kind>::Global().Add(name, factory).ok());
    }
  }
};

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_REGISTRY_H_
