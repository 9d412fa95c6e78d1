#include "saving/edited_objects.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cairn {

ObjectPath SplitObjectPath(absl::string_view path) {
  ObjectPath result{.parents = absl::StrSplit(path, '/')};
  result.last = result.parents.back();
  result.parents.pop_back();
  return result;
}

int EditedObjects::FindChild(int node, absl::string_view edge) const {
  for (const auto& [name, child] : nodes_[node].children) {
    if (EscapeLocalName(name) == edge) return child;
  }
  return -1;
}

int EditedObjects::Follow(const std::vector<std::string>& edges) const {
  int node = nodes_.empty() ? -1 : 0;
  for (const std::string& edge : edges) {
    if (node >= 0) node = FindChild(node, edge);
  }
  return node;
}

int EditedObjects::Find(absl::string_view path) const {
  return Follow(absl::StrSplit(path, '/'));
}

absl::Status EditedObjects::Move(const std::string& from,
                                 const std::string& to) {
  const ObjectPath old_path = SplitObjectPath(from);
  const ObjectPath new_path = SplitObjectPath(to);
  const int node = Find(from);
  const int old_parent = Follow(old_path.parents);
  const int new_parent = Follow(new_path.parents);
  if (new_parent < 0) {
    return absl::NotFoundError(absl::StrCat(
        "there is no object \"", absl::StrJoin(new_path.parents, "/"),
        "\" to move \"", from, "\" to"));
  }
  if (new_path.last.empty() || FindChild(new_parent, new_path.last) >= 0) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is an object \"", to, "\" already"));
  }
  const std::vector<TrackableNode> before = nodes_;
  auto& children = nodes_[old_parent].children;
  const auto edge =
      std::find_if(children.begin(), children.end(), [&](const auto& child) {
        return EscapeLocalName(child.first) == old_path.last;
      });
  const std::string new_edge = UnescapeLocalName(new_path.last);
  if (old_parent == new_parent) {
    edge->first = new_edge;
  } else {
    children.erase(edge);
    nodes_[new_parent].children.emplace_back(new_edge, node);
  }
  if (Find(to) != node) {
    nodes_ = before;
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", from, "\" cannot be moved below itself, to \"", to, "\""));
  }
  changed_ = true;
  return absl::OkStatus();
}

void EditedObjects::RenameKeys(
    const std::map<std::string, std::string>& new_keys) {
  const auto rename = [&](std::string& key) {
    const auto found = new_keys.find(key);
    if (found == new_keys.end()) return;
    key = found->second;
    changed_ = true;
  };
  for (TrackableNode& node : nodes_) {
    rename(node.checkpoint_key);
    for (TrackableAttribute& attribute : node.other_attributes) {
      rename(attribute.checkpoint_key);
    }
  }
}

bool EditedObjects::RenameVariable(const std::string& key,
                                   absl::string_view old_name,
                                   absl::string_view new_name) {
  bool renamed = false;
  for (TrackableNode& node : nodes_) {
    absl::string_view begin = node.full_name;
    if (node.checkpoint_key != key || !absl::ConsumeSuffix(&begin, old_name)) {
      continue;
    }
    node.full_name = absl::StrCat(begin, new_name);
    renamed = true;
  }
  changed_ |= renamed;
  return renamed;
}

absl::Status EditedObjects::AddVariable(const ObjectPath& path,
                                        const std::string& key,
                                        const std::string& full_name) {
  const int parent = Follow(path.parents);
  int variable = FindChild(parent, path.last);
  if (variable < 0) {
    variable = static_cast<int>(nodes_.size());
    nodes_.emplace_back();
    nodes_[parent].children.emplace_back(UnescapeLocalName(path.last),
                                         variable);
  } else if (emptied_.erase(variable) == 0) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is an object \"", absl::StrJoin(path.parents, "/"),
                     path.parents.empty() ? "" : "/", path.last, "\" already"));
  }
  nodes_[variable].checkpoint_key = key;
  nodes_[variable].full_name = full_name;
  changed_ = true;
  return absl::OkStatus();
}

void EditedObjects::RemoveValue(const std::string& key) {
  for (TrackableNode& node : nodes_) {
    std::erase_if(node.slot_variables, [&](const SlotVariable& slot) {
      return nodes_[slot.slot_variable].checkpoint_key == key;
    });
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    TrackableNode& node = nodes_[i];
    if (node.checkpoint_key == key) {
      node.checkpoint_key = node.full_name = "";
      emptied_.insert(static_cast<int>(i));
      changed_ = true;
    }
    changed_ |= std::erase_if(node.other_attributes, [&](const auto& one) {
                  return one.checkpoint_key == key;
                }) > 0;
  }
}

}  // namespace cairn
