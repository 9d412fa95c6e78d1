#ifndef CAIRN_CORE_BASE_OPTIONS_H_
#define CAIRN_CORE_BASE_OPTIONS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "core/base/config.h"
#include "core/base/custom_objects.h"
#include "core/base/rule.h"
#include "core/base/status_macros.h"

// Conversion of options structs to configs and back. A struct lists its members
// once:
//
//   template <typename Self, typename Visitor>
//   static void VisitFields(Self& self, Visitor&& field) {
//     field("units", self.units);
//   }

namespace cairn {

// How one field is written and read. A type of one's own is supported by a
// specialization.
template <typename T>
struct ConfigField {
  static Config Write(const T& value) { return Config(value); }
  static absl::Status Read(const Config& config, const CustomObjects&,
                           T& value) {
    CAIRN_ASSIGN_OR_RETURN(value, config.As<T>());
    return absl::OkStatus();
  }
};

template <typename Kind>
struct ConfigField<Rule<Kind>> {
  static Config Write(const Rule<Kind>& value) { return value.ToConfig(); }
  static absl::Status Read(const Config& config, const CustomObjects& objects,
                           Rule<Kind>& value) {
    CAIRN_ASSIGN_OR_RETURN(value, Rule<Kind>::FromConfig(config, objects));
    return absl::OkStatus();
  }
};

template <typename T>
struct ConfigField<std::optional<T>> {
  static Config Write(const std::optional<T>& value) {
    return value.has_value() ? ConfigField<T>::Write(*value) : Config();
  }
  static absl::Status Read(const Config& config, const CustomObjects& objects,
                           std::optional<T>& value) {
    value.reset();
    if (config.is_null()) return absl::OkStatus();
    return ConfigField<T>::Read(config, objects, value.emplace());
  }
};

template <typename T>
struct ConfigField<std::vector<T>> {
  static Config Write(const std::vector<T>& values) {
    Config::List list;
    for (const T& value : values) list.push_back(ConfigField<T>::Write(value));
    return list;
  }
  static absl::Status Read(const Config& config, const CustomObjects& objects,
                           std::vector<T>& values) {
    CAIRN_ASSIGN_OR_RETURN(const Config::List list, config.As<Config::List>());
    values.clear();
    for (const Config& item : list) {
      CAIRN_RETURN_IF_ERROR(
          ConfigField<T>::Read(item, objects, values.emplace_back()));
    }
    return absl::OkStatus();
  }
};

template <typename T, size_t kSize>
struct ConfigField<std::array<T, kSize>> {
  static Config Write(const std::array<T, kSize>& values) {
    return ConfigField<std::vector<T>>::Write(
        std::vector<T>(values.begin(), values.end()));
  }
  static absl::Status Read(const Config& config, const CustomObjects& objects,
                           std::array<T, kSize>& values) {
    std::vector<T> list;
    CAIRN_RETURN_IF_ERROR(
        ConfigField<std::vector<T>>::Read(config, objects, list));
    if (list.size() != kSize) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected ", kSize, " values, got ", list.size()));
    }
    for (size_t i = 0; i < kSize; ++i) values[i] = list[i];
    return absl::OkStatus();
  }
};

template <typename Options>
Config ToConfig(const Options& options) {
  Config::Object object;
  Options::VisitFields(options, [&](const char* name, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    object.emplace_back(name, ConfigField<T>::Write(value));
  });
  return object;
}

// A member that is absent keeps its default. InvalidArgument for a value of the
// wrong type and for a member that the struct does not have.
template <typename Options>
absl::StatusOr<Options> FromConfig(const Config& config,
                                   const CustomObjects& objects = {}) {
  Options options;
  absl::Status status;
  std::vector<std::string> known;
  Options::VisitFields(options, [&](const char* name, auto& value) {
    using T = std::decay_t<decltype(value)>;
    known.push_back(name);
    if (!status.ok()) return;
    const absl::StatusOr<const Config*> member = config.Find(name);
    if (!member.ok()) {
      if (!absl::IsNotFound(member.status())) status = member.status();
      return;
    }
    status =
        AnnotateMember(ConfigField<T>::Read(**member, objects, value), name);
  });
  CAIRN_RETURN_IF_ERROR(status);
  CAIRN_ASSIGN_OR_RETURN(const Config::Object members,
                         config.As<Config::Object>());
  for (const auto& [name, value] : members) {
    bool found = false;
    for (const std::string& field : known) found = found || field == name;
    if (!found) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown option \"", name,
                       "\"; known: ", absl::StrJoin(known, ", ")));
    }
  }
  return options;
}

// The factory of a class C with C::Options, for its registration.
template <typename Kind, typename C>
absl::StatusOr<std::unique_ptr<Kind>> CreateFromConfig(
    const Config& config, const CustomObjects& objects) {
  CAIRN_ASSIGN_OR_RETURN(typename C::Options options,
                         FromConfig<typename C::Options>(config, objects));
  return std::unique_ptr<Kind>(std::make_unique<C>(std::move(options)));
}

// Options of a class that has none.
struct NoOptions {
  template <typename Self, typename Visitor>
  static void VisitFields(Self&, Visitor&&) {}
};

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_OPTIONS_H_
