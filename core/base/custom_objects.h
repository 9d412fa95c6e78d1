#ifndef CAIRN_CORE_BASE_CUSTOM_OBJECTS_H_
#define CAIRN_CORE_BASE_CUSTOM_OBJECTS_H_

#include <map>
#include <memory>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/config.h"
#include "core/base/registry.h"
#include "core/base/status_macros.h"

namespace cairn {

// The message for a name that no registry knows: what was asked for, the known
// names that come near, and all of them if they are few.
absl::Status UnknownName(absl::string_view kind, absl::string_view name,
                         const std::vector<std::string>& known);

// The classes that one call knows: those added here, then the global ones. A
// value that is passed along, so no thread can disturb another's lookups.
class CustomObjects {
 public:
  // Adds a factory for `name`. AlreadyExists if this object has it.
  template <typename Kind>
  absl::Status Add(absl::string_view name,
                   typename Registry<Kind>::Factory factory) {
    std::shared_ptr<void>& slot = registries_[std::type_index(typeid(Kind))];
    if (slot == nullptr) slot = std::make_shared<Registry<Kind>>();
    return static_cast<Registry<Kind>*>(slot.get())
        ->Add(name, std::move(factory));
  }

  // Returns NotFound with the known names when `class_name` is not among them.
  template <typename Kind>
  absl::StatusOr<std::unique_ptr<Kind>> Create(absl::string_view class_name,
                                               const Config& config) const {
    const auto* factory = FindFactory<Kind>(class_name);
    if (factory != nullptr) return (*factory)(config, *this);
    return UnknownName(Kind::kKindName, class_name,
                       Registry<Kind>::Global().names());
  }

 private:
  template <typename Kind>
  const typename Registry<Kind>::Factory* FindFactory(
      absl::string_view name) const {
    const auto own = registries_.find(std::type_index(typeid(Kind)));
    if (own != registries_.end()) {
      const auto* factory =
          static_cast<const Registry<Kind>*>(own->second.get())->Find(name);
      if (factory != nullptr) return factory;
    }
    return Registry<Kind>::Global().Find(name);
  }

  std::map<std::type_index, std::shared_ptr<void>> registries_;
};

// Rebuilds an object from what Serialize() wrote.
template <typename Kind>
absl::StatusOr<std::unique_ptr<Kind>> Deserialize(
    const Config& config, const CustomObjects& objects = {}) {
  CAIRN_ASSIGN_OR_RETURN(const std::string class_name,
                         config.Get<std::string>("class_name"));
  CAIRN_ASSIGN_OR_RETURN(const Config* own, config.Find("config"));
  return objects.Create<Kind>(class_name, *own);
}

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_CUSTOM_OBJECTS_H_
