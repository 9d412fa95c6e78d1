#include "core/training/weight_matching.h"

#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"
#include "core/training/path_pattern.h"

namespace cairn {
namespace {

using Kind = ObjectGraph::Kind;

// Finds edges of a snapshot's objects. As ObjectGraph::Find(), but an object
// that has very many is gone through once, however often it is asked: in a
// hostile file all that is tried leads to it.
class EdgeFinder {
 public:
  // `objects` must outlive this.
  explicit EdgeFinder(const ObjectGraph& objects) : objects_(objects) {}

  const ObjectGraph::Node& node(int node) const { return objects_.nodes[node]; }

  int Find(int node, const std::string& edge) {
    constexpr size_t kMany = 1000;
    if (node < 0 || objects_.nodes[node].edges.size() < kMany) {
      return objects_.Find(node, edge);
    }
    auto& nodes = nodes_[node];
    if (nodes.empty()) {
      for (const auto& [name, to] : objects_.nodes[node].edges) {
        nodes.emplace(name, to);
      }
    }
    const auto found = nodes.find(edge);
    return found == nodes.end() ? -1 : found->second;
  }

 private:
  const ObjectGraph& objects_;
  // Of objects that have many edges: where each leads.
  std::unordered_map<int, std::unordered_map<std::string_view, int>> nodes_;
};

// Follows a model's edges through a snapshot's objects.
class ObjectMatcher {
 public:
  ObjectMatcher(EdgeFinder& edges, const ValuesByName& values,
                WeightMatching& matching)
      : edges_(edges), values_(values), matching_(matching) {}

  void Visit(const Layer& layer, int node) {
    if (node < 0 || !seen_.insert(&layer).second) return;
    for (const auto& [edge, variable] : layer.own_weights()) {
      const int found = edges_.Find(node, edge);
      if (found < 0 || edges_.node(found).kind != Kind::kVariable) continue;
      const NamedTensor* const value = values_.Find(edges_.node(found).tensor);
      if (value != nullptr) matching_.value_of[variable.get()] = value;
    }
    for (const Layer::Child& child : layer.children()) {
      Visit(*child.layer, edges_.Find(node, child.edge));
    }
  }

 private:
  EdgeFinder& edges_;
  const ValuesByName& values_;
  WeightMatching& matching_;
  std::set<const Layer*> seen_;
};

// The names of the tensors that edges from `root` lead to.
std::set<std::string> NamesBelow(const ObjectGraph& objects, int root) {
  std::set<std::string> names;
  std::vector<bool> seen(objects.nodes.size());
  std::vector<int> open = {root};
  seen[root] = true;
  while (!open.empty()) {
    const ObjectGraph::Node& node = objects.nodes[open.back()];
    open.pop_back();
    if (node.kind == Kind::kVariable) names.insert(node.tensor);
    for (const ObjectGraph::Edge& edge : node.edges) {
      if (seen[edge.node]) continue;
      seen[edge.node] = true;
      open.push_back(edge.node);
    }
  }
  return names;
}

std::vector<const NamedTensor*> AllValues(const Snapshot& snapshot) {
  std::vector<const NamedTensor*> values;
  for (const NamedTensor& value : snapshot.weights) values.push_back(&value);
  return values;
}

struct ModelNode {
  int node = 0;
  bool is_edge = false;  // It is below the file's root, not the root itself.
};

ModelNode FindModel(const ObjectGraph& objects) {
  const int below = objects.Find(0, "model");
  if (below < 0) return {};
  // An edge that a file does not have itself leads from a root without a class.
  return {below, !objects.nodes[0].class_name.empty()};
}

// Renames paths, each by one rule, and remembers which rules were used.
class Renamer {
 public:
  explicit Renamer(const std::map<std::string, std::string>& renames) {
    for (const auto& [from, to] : renames) {
      rules_.push_back({PathPattern(absl::StripSuffix(from, "/")),
                        PathPattern(absl::StripSuffix(to, "/"))});
    }
  }

  absl::Status CheckRules() const {
    for (const Rule& rule : rules_) {
      if (rule.to.wildcards() <= rule.from.wildcards()) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "renames: \"", rule.to.text(), "\" has more wildcards than \"",
          rule.from.text(), "\", which they take their texts from"));
    }
    return absl::OkStatus();
  }

  std::string Rename(const std::string& path) {
    Rule* best = nullptr;
    std::optional<PathPattern::Match> match;
    for (Rule& rule : rules_) {
      auto found = rule.from.Find(path);
      if (!found.has_value()) continue;
      rule.has_match = true;
      if (best != nullptr && rule.from.literals() <= best->from.literals()) {
        continue;
      }
      best = &rule;
      match = std::move(found);
    }
    if (best == nullptr) return path;
    best->was_used = true;
    const std::string to = best->to.Fill(match->texts);
    if (to.empty()) return std::string(match->rest);
    if (match->rest.empty()) return to;
    return absl::StrCat(to, "/", match->rest);
  }

  absl::Status CheckUsed() const {
    for (const Rule& rule : rules_) {
      if (rule.was_used) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "renames: ",
          rule.has_match ? "other rules go before it for every value of the "
                           "file that"
                         : "no value of the file",
          " is below \"", rule.from.text(), "\""));
    }
    return absl::OkStatus();
  }

 private:
  struct Rule {
    PathPattern from, to;
    bool has_match = false, was_used = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace

ValuesByName::ValuesByName(const std::vector<NamedTensor>& list) {
  values_.reserve(list.size());
  for (const NamedTensor& value : list) values_.emplace(value.name, &value);
}

const NamedTensor* ValuesByName::Find(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : found->second;
}

WeightMatching MatchObjects(const Layer& model, const Snapshot& snapshot) {
  const ModelNode start = FindModel(snapshot.objects);
  WeightMatching matching{.match = Match::kObjects,
                          .file_child = start.is_edge ? "model" : "",
                          .values = AllValues(snapshot)};
  const ValuesByName values(snapshot.weights);
  EdgeFinder edges(snapshot.objects);
  ObjectMatcher(edges, values, matching).Visit(model, start.node);
  return matching;
}

std::vector<WeightMatching> MatchObjectsOfChildren(const Layer& model,
                                                   const Snapshot& snapshot) {
  const ObjectGraph& objects = snapshot.objects;
  const ModelNode start = FindModel(objects);
  const ValuesByName values(snapshot.weights);
  EdgeFinder edges(objects);
  std::vector<WeightMatching> matchings;
  // A hostile file has very many that all fit a little.
  constexpr size_t kMostChildren = 100;
  std::set<int> tried = {0, start.node};
  for (const ObjectGraph::Edge& edge : objects.nodes[start.node].edges) {
    if (objects.nodes[edge.node].kind == Kind::kVariable ||
        !tried.insert(edge.node).second) {
      continue;
    }
    if (matchings.size() == kMostChildren) break;
    WeightMatching matching{
        .match = Match::kObjects,
        .file_child =
            start.is_edge ? absl::StrCat("model/", edge.name) : edge.name};
    ObjectMatcher(edges, values, matching).Visit(model, edge.node);
    if (matching.value_of.empty()) continue;
    const std::set<std::string> names = NamesBelow(objects, edge.node);
    for (const NamedTensor& value : snapshot.weights) {
      if (names.count(value.name) > 0) matching.values.push_back(&value);
    }
    matchings.push_back(std::move(matching));
  }
  return matchings;
}

absl::StatusOr<WeightMatching> MatchNames(
    absl::Span<const Weight> weights, const Snapshot& snapshot,
    const std::map<std::string, std::string>& renames) {
  WeightMatching matching{.match = Match::kNames,
                          .values = AllValues(snapshot)};
  std::unordered_map<std::string, const NamedTensor*> values;
  Renamer renamer(renames);
  CAIRN_RETURN_IF_ERROR(renamer.CheckRules());
  for (const NamedTensor& value : snapshot.weights) {
    std::string name = renamer.Rename(value.name);
    const auto [taken, is_new] = values.emplace(name, &value);
    if (!is_new) {
      return absl::InvalidArgumentError(absl::StrCat(
          "renames: \"", taken->second->name, "\" and \"", value.name,
          "\" of the file both become \"", name, "\""));
    }
    if (name != value.name) matching.renamed.emplace(value.name, name);
  }
  CAIRN_RETURN_IF_ERROR(renamer.CheckUsed());
  for (const Weight& weight : weights) {
    const auto found = values.find(weight.path);
    if (found == values.end()) continue;
    matching.value_of[weight.variable.get()] = found->second;
  }
  return matching;
}

WeightMatching MatchOrder(absl::Span<const Weight> weights,
                          const Snapshot& snapshot) {
  WeightMatching matching{.match = Match::kOrder,
                          .values = AllValues(snapshot)};
  for (size_t i = 0; i < weights.size() && i < snapshot.weights->size(); ++i) {
    matching.value_of[weights[i].variable.get()] = &(*snapshot.weights)[i];
  }
  return matching;
}

}  // namespace cairn
