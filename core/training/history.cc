#include "core/training/history.h"

#include <limits>

#include "absl/status/status.h"
#include "core/base/status_macros.h"

namespace cairn {

double FindLog(const Logs& logs, absl::string_view name) {
  for (const auto& [key, value] : logs) {
    if (key == name) return value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

void History::Add(int64_t epoch, const Logs& logs) {
  const size_t before = epochs_.size();
  epochs_.push_back(epoch);
  for (const auto& [name, value] : logs) {
    std::vector<double>* values = nullptr;
    for (auto& [known, list] : values_) {
      if (known == name) values = &list;
    }
    if (values == nullptr) {
      // A name that appears late was not measured before.
      values =
          &values_
               .emplace_back(
                   name, std::vector<double>(
                             before, std::numeric_limits<double>::quiet_NaN()))
               .second;
    }
    values->push_back(value);
  }
  for (auto& [name, list] : values_) {
    list.resize(epochs_.size(), std::numeric_limits<double>::quiet_NaN());
  }
}

const std::vector<double>* History::Find(absl::string_view name) const {
  for (const auto& [known, list] : values_) {
    if (known == name) return &list;
  }
  return nullptr;
}

std::vector<std::string> History::names() const {
  std::vector<std::string> names;
  for (const auto& [name, list] : values_) names.push_back(name);
  return names;
}

Config History::ToConfig() const {
  Config::List epochs;
  for (const int64_t epoch : epochs_) epochs.push_back(epoch);
  Config::Object values;
  for (const auto& [name, list] : values_) {
    values.emplace_back(name, Config::List(list.begin(), list.end()));
  }
  return Config::Object{{"epoch", std::move(epochs)},
                        {"history", std::move(values)}};
}

absl::StatusOr<History> History::FromConfig(const Config& config) {
  History history;
  CAIRN_ASSIGN_OR_RETURN(const Config::List epochs,
                         config.Get<Config::List>("epoch"));
  for (const Config& epoch : epochs) {
    CAIRN_ASSIGN_OR_RETURN(const int64_t value, epoch.As<int64_t>());
    history.epochs_.push_back(value);
  }
  CAIRN_ASSIGN_OR_RETURN(const Config::Object values,
                         config.Get<Config::Object>("history"));
  for (const auto& [name, list] : values) {
    CAIRN_ASSIGN_OR_RETURN(const Config::List items, list.As<Config::List>());
    if (items.size() != history.epochs_.size()) {
      return absl::InvalidArgumentError(
          "a history needs one value per epoch and name");
    }
    std::vector<double> numbers;
    for (const Config& item : items) {
      CAIRN_ASSIGN_OR_RETURN(const double number, item.As<double>());
      numbers.push_back(number);
    }
    history.values_.emplace_back(name, std::move(numbers));
  }
  return history;
}

}  // namespace cairn
