#include "core/base/config.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/check.h"
#include "nlohmann/json.hpp"

namespace cairn {
namespace {

constexpr int kMaxDepth = 200;

// Builds a Config from the library's parse events.
class ConfigBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Put(Config()); }
  bool boolean(bool value) override { return Put(Config(value)); }
  bool number_integer(int64_t value) override { return Put(Config(value)); }
  bool number_unsigned(uint64_t value) override {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Put(Config(static_cast<double>(value)));
    }
    return Put(Config(static_cast<int64_t>(value)));
  }
  bool number_float(double value, const std::string&) override {
    return Put(Config(value));
  }
  bool string(std::string& value) override {
    return Put(Config(std::move(value)));
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(true); }
  bool key(std::string& value) override {
    // The mark that QuoteSpecialNumbers() put there.
    if (!value.empty() && value[0] == '\x01') value.erase(0, 1);
    open_.back().key = std::move(value);
    return true;
  }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return Open(false); }
  bool end_array() override { return Close(); }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error_ = absl::InvalidArgumentError(
        absl::StrCat("JSON: syntax error at byte ", position));
    return false;
  }

  absl::StatusOr<Config> Finish() && {
    if (!error_.ok()) return error_;
    return std::move(result_);
  }

 private:
  struct Level {
    bool is_object = false;
    std::string key;
    Config::List list;
    Config::Object object;
  };

  bool Put(Config value) {
    if (open_.empty()) {
      result_ = std::move(value);
      return true;
    }
    Level& level = open_.back();
    if (level.is_object) {
      level.object.emplace_back(std::move(level.key), std::move(value));
    } else {
      level.list.push_back(std::move(value));
    }
    return true;
  }

  bool Open(bool is_object) {
    if (open_.size() >= kMaxDepth) {
      error_ = absl::InvalidArgumentError(
          absl::StrCat("JSON: nested deeper than ", kMaxDepth, " levels"));
      return false;
    }
    open_.push_back({.is_object = is_object});
    return true;
  }

  bool Close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    return Put(level.is_object ? Config(std::move(level.object))
                               : Config(std::move(level.list)));
  }

  std::vector<Level> open_;
  Config result_;
  absl::Status error_;
};

// Puts quotes around Python's NaN and Infinity, which the library does not
// know, and a mark before them, by which they become numbers again. A string
// that starts with the mark gets a second one.
constexpr char kNan[] = "\x01NaN";
constexpr char kInfinity[] = "\x01Infinity";
constexpr char kMinusInfinity[] = "\x01-Infinity";

std::string QuoteSpecialNumbers(absl::string_view text) {
  std::string result;
  result.reserve(text.size());
  bool in_string = false;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\' && i + 1 < text.size()) result += text[i++];
      result += text[i++];
      if (c == '"') in_string = false;
      continue;
    }
    bool replaced = false;
    for (const char* special : {kNan, kMinusInfinity, kInfinity}) {
      const absl::string_view word(special + 1);
      if (text.substr(i, word.size()) == word) {
        absl::StrAppend(&result, "\"\\u0001", word, "\"");
        i += word.size();
        replaced = true;
        break;
      }
    }
    if (replaced) continue;
    result += c;
    ++i;
    if (c == '"') {
      in_string = true;
      constexpr absl::string_view kMark = "\\u0001";
      if (text.substr(i, kMark.size()) == kMark)
        absl::StrAppend(&result, kMark);
    }
  }
  return result;
}

void RestoreSpecialNumbers(Config& config);

}  // namespace

// Converts between the two representations.
struct ConfigWriter {
  static void Write(const Config& config, int indent, int depth,
                    std::string& out) {
    std::visit(
        [&](const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, Config::Null>) {
            out += "null";
          } else if constexpr (std::is_same_v<T, bool>) {
            out += value ? "true" : "false";
          } else if constexpr (std::is_same_v<T, int64_t>) {
            absl::StrAppend(&out, value);
          } else if constexpr (std::is_same_v<T, double>) {
            WriteDouble(value, out);
          } else if constexpr (std::is_same_v<T, std::string>) {
            WriteString(value, out);
          } else if constexpr (std::is_same_v<T, Config::List>) {
            WriteItems(
                value.size(), '[', ']', indent, depth, out,
                [&](size_t i) { Write(value[i], indent, depth + 1, out); });
          } else {
            WriteItems(value.size(), '{', '}', indent, depth, out,
                       [&](size_t i) {
                         WriteString(value[i].first, out);
                         out += indent < 0 ? ":" : ": ";
                         Write(value[i].second, indent, depth + 1, out);
                       });
          }
        },
        config.value_);
  }

  static void Restore(Config& config) {
    if (auto* text = std::get_if<std::string>(&config.value_)) {
      if (*text == kNan)
        config = Config(std::nan(""));
      else if (*text == kInfinity)
        config = Config(HUGE_VAL);
      else if (*text == kMinusInfinity)
        config = Config(-HUGE_VAL);
      else if (!text->empty() && (*text)[0] == '\x01')
        text->erase(0, 1);
    } else if (auto* list = std::get_if<Config::List>(&config.value_)) {
      for (Config& item : *list) Restore(item);
    } else if (auto* object = std::get_if<Config::Object>(&config.value_)) {
      for (auto& member : *object) Restore(member.second);
    }
  }

 private:
  static void WriteDouble(double value, std::string& out) {
    if (std::isnan(value))
      out += "NaN";
    else if (std::isinf(value))
      out += value > 0 ? "Infinity" : "-Infinity";
    else
      out += nlohmann::json(value).dump();
  }
  static void WriteString(const std::string& value, std::string& out) {
    // Names are nearly all there is, and stand for themselves.
    const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) {
      return c >= ' ' && c <= '~' && c != '"' && c != '\\';
    });
    if (is_plain) {
      out += '"';
      out += value;
      out += '"';
      return;
    }
    out += nlohmann::json(value).dump(-1, ' ', false,
                                      nlohmann::json::error_handler_t::replace);
  }
  template <typename WriteItem>
  static void WriteItems(size_t count, char open, char close, int indent,
                         int depth, std::string& out, WriteItem write_item) {
    out += open;
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out += ',';
      NewLine(indent, depth + 1, i > 0, out);
      write_item(i);
    }
    if (count > 0) NewLine(indent, depth, false, out);
    out += close;
  }
  static void NewLine(int indent, int depth, bool space, std::string& out) {
    if (indent >= 0) {
      out += '\n';
      out.append(static_cast<size_t>(indent * depth), ' ');
    } else if (space) {
      out += ' ';
    }
  }
};

namespace {

void RestoreSpecialNumbers(Config& config) { ConfigWriter::Restore(config); }

absl::Status WrongType(absl::string_view wanted, const Config& got) {
  std::string text = got.ToJson();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", wanted, ", got ", text));
}

}  // namespace

bool Config::is_null() const { return std::holds_alternative<Null>(value_); }

absl::StatusOr<const Config*> Config::Find(absl::string_view key) const {
  const auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return WrongType("an object", *this);
  for (const auto& [name, value] : *object) {
    if (name == key) return &value;
  }
  return absl::NotFoundError(absl::StrCat("no member \"", key, "\""));
}

void Config::Set(absl::string_view key, Config value) {
  if (is_null()) value_ = Object();
  auto* object = std::get_if<Object>(&value_);
  CAIRN_CHECK(object != nullptr);
  for (auto& member : *object) {
    if (member.first == key) {
      member.second = std::move(value);
      return;
    }
  }
  object->emplace_back(std::string(key), std::move(value));
}

template <>
absl::StatusOr<bool> Config::As<bool>() const {
  if (const auto* value = std::get_if<bool>(&value_)) return *value;
  return WrongType("true or false", *this);
}

template <>
absl::StatusOr<int64_t> Config::As<int64_t>() const {
  if (const auto* value = std::get_if<int64_t>(&value_)) return *value;
  return WrongType("an integer", *this);
}

template <>
absl::StatusOr<double> Config::As<double>() const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto* value = std::get_if<int64_t>(&value_)) {
    return static_cast<double>(*value);
  }
  return WrongType("a number", *this);
}

template <>
absl::StatusOr<std::string> Config::As<std::string>() const {
  if (const auto* value = std::get_if<std::string>(&value_)) return *value;
  return WrongType("a string", *this);
}

template <>
absl::StatusOr<Config::List> Config::As<Config::List>() const {
  if (const auto* value = std::get_if<List>(&value_)) return *value;
  return WrongType("a list", *this);
}

template <>
absl::StatusOr<Config::Object> Config::As<Config::Object>() const {
  if (const auto* value = std::get_if<Object>(&value_)) return *value;
  return WrongType("an object", *this);
}

std::string Config::ToJson() const {
  std::string text;
  ConfigWriter::Write(*this, -1, 0, text);
  return text;
}

std::string Config::ToJson(int indent) const {
  std::string text;
  ConfigWriter::Write(*this, indent, 0, text);
  return text;
}

absl::StatusOr<Config> Config::FromJson(absl::string_view text) {
  ConfigBuilder builder;
  const std::string quoted = QuoteSpecialNumbers(text);
  nlohmann::json::sax_parse(quoted, &builder);
  absl::StatusOr<Config> config = std::move(builder).Finish();
  if (config.ok()) RestoreSpecialNumbers(*config);
  return config;
}

absl::Status AnnotateMember(const absl::Status& status, absl::string_view key) {
  return Annotate(status, absl::StrCat("member \"", key, "\""));
}

}  // namespace cairn
