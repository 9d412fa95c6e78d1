#include "saving/config_path.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

// The members of an object or the elements of a list, by name or place.
std::vector<std::pair<std::string, Config>> ChildrenOf(const Config& config) {
  if (config.is_object()) return *config.As<Config::Object>();
  std::vector<std::pair<std::string, Config>> children;
  if (!config.is_list()) return children;
  const Config::List elements = *config.As<Config::List>();
  for (size_t i = 0; i < elements.size(); ++i) {
    children.emplace_back(absl::StrCat(i), elements[i]);
  }
  return children;
}

// The same kind with other children.
Config WithChildren(const Config& config,
                    std::vector<std::pair<std::string, Config>> children) {
  if (config.is_object()) return Config(std::move(children));
  Config::List elements;
  for (auto& [name, element] : children) {
    elements.push_back(std::move(element));
  }
  return Config(std::move(elements));
}

bool LeadsTo(absl::string_view name, absl::string_view path) {
  return name == path || absl::StartsWith(path, absl::StrCat(name, "."));
}

}  // namespace

absl::StatusOr<Config> ReplaceAt(const Config& config, absl::string_view path,
                                 const Config& value) {
  std::vector<std::pair<std::string, Config>> children = ChildrenOf(config);
  std::pair<std::string, Config>* found = nullptr;
  std::vector<std::string> names;
  for (auto& child : children) {
    names.push_back(child.first);
    if (LeadsTo(child.first, path) &&
        (found == nullptr || child.first.size() > found->first.size())) {
      found = &child;
    }
  }
  if (found == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "there is no \"", path, "\"; there ",
        names.empty() ? "is a single value"
                      : absl::StrCat("are ", absl::StrJoin(names, ", "))));
  }
  if (found->first.size() == path.size()) {
    found->second = value;
  } else {
    const absl::string_view rest = path.substr(found->first.size() + 1);
    auto replaced = ReplaceAt(found->second, rest, value);
    if (!replaced.ok()) return AnnotateMember(replaced.status(), found->first);
    found->second = *std::move(replaced);
  }
  return WithChildren(config, std::move(children));
}

}  // namespace cairn
