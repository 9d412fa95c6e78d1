#ifndef CAIRN_CORE_BASE_CONFIG_H_
#define CAIRN_CORE_BASE_CONFIG_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn {

// A JSON-like value: what an object writes so that it can be rebuilt later.
class Config {
 public:
  using List = std::vector<Config>;
  // Insertion order is kept, so the same object always writes the same bytes.
  using Object = std::vector<std::pair<std::string, Config>>;

  Config() = default;  // null
  Config(bool value) : value_(value) {}
  Config(int value) : value_(int64_t{value}) {}
  Config(int64_t value) : value_(value) {}
  Config(double value) : value_(value) {}
  Config(std::string value) : value_(std::move(value)) {}
  Config(absl::string_view value) : value_(std::string(value)) {}
  Config(const char* value) : value_(std::string(value)) {}
  Config(List value) : value_(std::move(value)) {}
  Config(Object value) : value_(std::move(value)) {}

  bool is_null() const;
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  bool is_list() const { return std::holds_alternative<List>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }

  // Returns NotFound naming `key` when this object has no such member, and
  // InvalidArgument when this is no object.
  absl::StatusOr<const Config*> Find(absl::string_view key) const;
  // Sets or replaces a member. REQUIRES: is_object() or is_null().
  void Set(absl::string_view key, Config value);

  // Returns InvalidArgument when the value is of another type. T is bool,
  // int64_t, double (an integer converts), std::string, List or Object.
  template <typename T>
  absl::StatusOr<T> As() const;

  // The member `key` as a T. Errors name the key.
  template <typename T>
  absl::StatusOr<T> Get(absl::string_view key) const;

  // JSON text. Numbers are written in the shortest form that reads back
  // equal; a number that is not finite as NaN, Infinity or -Infinity, as
  // Python's json does.
  std::string ToJson() const;
  // With line breaks and `indent` spaces a level.
  std::string ToJson(int indent) const;
  // Parses JSON text, Python's NaN and Infinity included. Text is not trusted:
  // nesting deeper than 200 levels is InvalidArgument.
  static absl::StatusOr<Config> FromJson(absl::string_view text);

  friend bool operator==(const Config&, const Config&) = default;

 private:
  struct Null {
    friend bool operator==(const Null&, const Null&) = default;
  };
  std::variant<Null, bool, int64_t, double, std::string, List, Object> value_;

  friend struct ConfigWriter;
};

template <>
absl::StatusOr<bool> Config::As<bool>() const;
template <>
absl::StatusOr<int64_t> Config::As<int64_t>() const;
template <>
absl::StatusOr<double> Config::As<double>() const;
template <>
absl::StatusOr<std::string> Config::As<std::string>() const;
template <>
absl::StatusOr<Config::List> Config::As<Config::List>() const;
template <>
absl::StatusOr<Config::Object> Config::As<Config::Object>() const;

// Adds "member "key": " before an error about a member.
absl::Status AnnotateMember(const absl::Status& status, absl::string_view key);

template <typename T>
absl::StatusOr<T> Config::Get(absl::string_view key) const {
  absl::StatusOr<const Config*> member = Find(key);
  if (!member.ok()) return member.status();
  absl::StatusOr<T> value = (*member)->As<T>();
  if (!value.ok()) return AnnotateMember(value.status(), key);
  return value;
}

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_CONFIG_H_
