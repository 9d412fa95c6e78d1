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
    std::shared_ptr<const void>& slot =
        registries_[std::type_index(typeid(Kind))];
    // A copy of this object may know the old registry.
    auto registry = std::make_shared<Registry<Kind>>();
    if (slot != nullptr) {
      const auto& old = *static_cast<const Registry<Kind>*>(slot.get());
      for (const std::string& known : old.names()) {
        CAIRN_RETURN_IF_ERROR(registry->Add(known, *old.Find(known)));
      }
    }
    CAIRN_RETURN_IF_ERROR(registry->Add(name, std::move(factory)));
    slot = std::move(registry);
    return absl::OkStatus();
  }

  // Returns NotFound with the known names when `class_name` is not among them.
  template <typename Kind>
  absl::StatusOr<std::unique_ptr<Kind>> Create(absl::string_view class_name,
                                               const Config& config) const {
    const auto* factory = FindFactory<Kind>(class_name);
    if (factory != nullptr) return (*factory)(config, *this);
    std::vector<std::string> known = Registry<Kind>::Global().names();
    if (const Registry<Kind>* own = FindOwn<Kind>(); own != nullptr) {
      for (std::string& name : own->names()) known.push_back(std::move(name));
    }
    return UnknownName(Kind::kKindName, class_name, known);
  }

 private:
  // Null if no class of that kind was added.
  template <typename Kind>
  const Registry<Kind>* FindOwn() const {
    const auto own = registries_.find(std::type_index(typeid(Kind)));
    return own == registries_.end()
               ? nullptr
               : static_cast<const Registry<Kind>*>(own->second.get());
  }

  template <typename Kind>
  const typename Registry<Kind>::Factory* FindFactory(
      absl::string_view name) const {
    const Registry<Kind>* const own = FindOwn<Kind>();
    const auto* factory = own == nullptr ? nullptr : own->Find(name);
    return factory != nullptr ? factory : Registry<Kind>::Global().Find(name);
  }

  // Of one kind each, and never changed once copied.
  std::map<std::type_index, std::shared_ptr<const void>> registries_;
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
