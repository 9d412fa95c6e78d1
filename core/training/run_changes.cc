#include "core/training/run_changes.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cairn {
namespace {

struct Setting {
  std::string name;
  std::string value;      // As JSON.
  bool is_class = false;  // Options stand below it.
};

std::string Below(const std::string& name, absl::string_view member) {
  return name.empty() ? std::string(member) : absl::StrCat(name, ".", member);
}

class Flattener {
 public:
  std::vector<Setting> settings;

  void Add(const std::string& name, const Config& value) {
    const auto class_name = value.Get<std::string>("class_name");
    const auto config = value.Find("config");
    if (class_name.ok() && config.ok()) {
      settings.push_back({name, *class_name, /*is_class=*/true});
      AddOptions(name, **config);
    } else if (const auto members = value.As<Config::Object>(); members.ok()) {
      for (const auto& [key, member] : *members) Add(Below(name, key), member);
    } else if (IsListOfObjects(value)) {
      AddList(name, *value.As<Config::List>());
    } else {
      settings.push_back({name, value.ToJson()});
    }
  }

 private:
  static bool IsListOfObjects(const Config& value) {
    const auto items = value.As<Config::List>();
    return items.ok() &&
           std::all_of(items->begin(), items->end(),
                       [](const Config& item) { return item.is_object(); });
  }

  void AddOptions(const std::string& name, const Config& config) {
    const auto options = config.As<Config::Object>();
    if (!options.ok()) {
      if (!config.is_null()) Add(Below(name, "config"), config);
      return;
    }
    for (const auto& [key, option] : *options) {
      if (key != "name") Add(Below(name, key), option);
    }
  }

  void AddList(const std::string& name, const Config::List& items) {
    for (size_t i = 0; i < items.size(); ++i) {
      const auto own_name = items[i].Get<std::string>("name");
      Add(Below(name, own_name.ok() ? *own_name : absl::StrCat(i)), items[i]);
    }
  }
};

std::vector<Setting> Flatten(const Config& config) {
  Flattener flattener;
  flattener.Add("", config);
  return std::move(flattener.settings);
}

bool IsBelow(absl::string_view name, absl::string_view above) {
  return name.size() > above.size() && absl::StartsWith(name, above) &&
         name[above.size()] == '.';
}

std::string Shortened(const std::string& text) {
  constexpr size_t kMost = 200;
  return text.size() <= kMost ? text
                              : absl::StrCat(text.substr(0, kMost), "...");
}

}  // namespace

std::string ChangeToString(const RunChange& change) {
  return absl::StrCat(change.name, ": saved ", Shortened(change.saved),
                      ", now ", Shortened(change.now));
}

std::vector<RunChange> FindChanges(const Config& saved, const Config& now) {
  const std::vector<Setting> before = Flatten(saved), after = Flatten(now);
  std::map<std::string, const Setting*> by_name;
  for (const Setting& setting : before) by_name[setting.name] = &setting;
  std::vector<RunChange> changes;
  std::vector<std::string> other_classes;
  // Below another class there are other options.
  const auto is_covered = [&](const std::string& name) {
    return std::any_of(
        other_classes.begin(), other_classes.end(),
        [&](const std::string& above) { return IsBelow(name, above); });
  };
  const auto add = [&](const Setting* old, const Setting* current) {
    const std::string& name = (old == nullptr ? current : old)->name;
    if (is_covered(name)) return;
    if (old != nullptr && current != nullptr && old->value == current->value) {
      return;
    }
    if ((old != nullptr && old->is_class) ||
        (current != nullptr && current->is_class)) {
      other_classes.push_back(name);
    }
    changes.push_back({.name = name,
                       .saved = old == nullptr ? "none" : old->value,
                       .now = current == nullptr ? "none" : current->value});
  };
  for (const Setting& setting : after) {
    const auto found = by_name.find(setting.name);
    add(found == by_name.end() ? nullptr : found->second, &setting);
    if (found != by_name.end()) by_name.erase(found);
  }
  for (const Setting& setting : before) {
    if (by_name.count(setting.name) > 0) add(&setting, nullptr);
  }
  return changes;
}

bool IsAllowed(absl::string_view name, const std::set<std::string>& allowed) {
  const std::string within = absl::StrCat(".", name, ".");
  return std::any_of(allowed.begin(), allowed.end(), [&](const auto& part) {
    return !part.empty() &&
           absl::StrContains(within, absl::StrCat(".", part, "."));
  });
}

absl::Status CheckChanges(const std::vector<RunChange>& changes,
                          const std::set<std::string>& allowed) {
  std::vector<std::string> texts, names;
  for (const RunChange& change : changes) {
    if (IsAllowed(change.name, allowed)) continue;
    texts.push_back(ChangeToString(change));
    names.push_back(absl::StrCat("\"", change.name, "\""));
  }
  if (texts.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the saved run had other settings: ", absl::StrJoin(texts, "; "),
      "; give it the same, or go on with these by naming them in "
      "RestoreOptions::allow_changed = {",
      absl::StrJoin(names, ", "), "}"));
}

absl::Status CheckNotRefused(const std::vector<RunChange>& changes,
                             const std::set<std::string>& refused) {
  std::vector<std::string> texts;
  for (const RunChange& change : changes) {
    if (refused.count(change.name) > 0) texts.push_back(ChangeToString(change));
  }
  if (texts.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the saved run was made with other libraries or on another machine: ",
      absl::StrJoin(texts, "; "),
      "; go on where these are the same, or take them out of "
      "RestoreOptions::refuse_changed"));
}

}  // namespace cairn
