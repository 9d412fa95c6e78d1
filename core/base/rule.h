#ifndef CAIRN_CORE_BASE_RULE_H_
#define CAIRN_CORE_BASE_RULE_H_

#include <concepts>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/configurable.h"
#include "core/base/custom_objects.h"

namespace cairn {

// A rule as a user gives it: a registered name ("adam"), an object
// (Adam({.learning_rate = 0.01})), a shared pointer to one, or nothing.
template <typename Kind>
class Rule {
 public:
  Rule() = default;
  Rule(const char* name) : name_(name) {}
  Rule(std::string name) : name_(std::move(name)) {}
  template <std::derived_from<Kind> T>
  Rule(T object) : object_(std::make_shared<const T>(std::move(object))) {}
  template <std::derived_from<Kind> T>
  Rule(std::shared_ptr<T> object) : object_(std::move(object)) {}
  template <std::derived_from<Kind> T>
  Rule(std::shared_ptr<const T> object) : object_(std::move(object)) {}

  bool empty() const { return name_.empty() && object_ == nullptr; }
  // The name it was given by; empty if it was given as an object.
  const std::string& name() const { return name_; }

  // Makes the object if only its name was given. InvalidArgument with the
  // known names if there is no such name. REQUIRES: !empty().
  absl::StatusOr<std::shared_ptr<const Kind>> Get() const {
    if (object_ != nullptr) return object_;
    absl::StatusOr<std::unique_ptr<Kind>> made =
        CustomObjects().Create<Kind>(name_, Config(Config::Object()));
    if (made.ok()) return std::shared_ptr<const Kind>(*std::move(made));
    if (absl::IsNotFound(made.status())) {
      return absl::InvalidArgumentError(made.status().message());
    }
    return made.status();
  }

  // A name as a string, an object as Serialize() writes it, nothing as null.
  Config ToConfig() const {
    if (!name_.empty()) return Config(name_);
    return object_ == nullptr ? Config() : Serialize(*object_);
  }
  static absl::StatusOr<Rule> FromConfig(const Config& config,
                                         const CustomObjects& objects) {
    if (config.is_null()) return Rule();
    absl::StatusOr<std::unique_ptr<Kind>> made =
        config.is_string() ? objects.Create<Kind>(*config.As<std::string>(),
                                                  Config(Config::Object()))
                           : Deserialize<Kind>(config, objects);
    if (!made.ok()) return made.status();
    Rule rule;
    rule.object_ = *std::move(made);
    // The spelling is kept, so that the config is the same when written again.
    if (config.is_string()) rule.name_ = *config.As<std::string>();
    return rule;
  }

 private:
  std::string name_;
  std::shared_ptr<const Kind> object_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_RULE_H_
