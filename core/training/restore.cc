#include "core/training/restore.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "core/runtime/run_in_parallel.h"

namespace cairn {
namespace {

// What a way of matching found, good and bad.
struct Candidates {
  std::map<const Variable*, const NamedTensor*> value_of;
  std::set<std::string> used;  // Names of tensors.
};

int FindEdge(const ObjectGraph& graph, int node, absl::string_view name) {
  if (node < 0) return -1;
  for (const ObjectGraph::Edge& edge : graph.nodes[node].edges) {
    if (edge.name == name) return edge.node;
  }
  return -1;
}

const NamedTensor* FindNamed(const std::vector<NamedTensor>& list,
                             const std::string& name) {
  for (const NamedTensor& tensor : list) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

class ObjectMatcher {
 public:
  ObjectMatcher(const Snapshot& snapshot, Candidates& candidates)
      : snapshot_(snapshot), candidates_(candidates) {}

  void Visit(const Layer& layer, int node) {
    if (node < 0 || !seen_.insert(&layer).second) return;
    const ObjectGraph& graph = snapshot_.objects;
    for (const auto& [edge, variable] : layer.own_weights()) {
      const int found = FindEdge(graph, node, edge);
      if (found < 0 ||
          graph.nodes[found].kind != ObjectGraph::Kind::kVariable) {
        continue;
      }
      const NamedTensor* tensor =
          FindNamed(snapshot_.weights, graph.nodes[found].tensor);
      if (tensor == nullptr) continue;
      candidates_.value_of[variable.get()] = tensor;
      candidates_.used.insert(tensor->name);
    }
    for (const Layer::Child& child : layer.children()) {
      Visit(*child.layer, FindEdge(graph, node, child.edge));
    }
  }

 private:
  const Snapshot& snapshot_;
  Candidates& candidates_;
  std::set<const Layer*> seen_;
};

Candidates FindCandidates(const Layer& model, const Snapshot& snapshot,
                          Match match) {
  Candidates candidates;
  const std::vector<Weight> weights = model.weights();
  if (match == Match::kObjects) {
    if (snapshot.objects.nodes.empty()) return candidates;
    const int below = FindEdge(snapshot.objects, 0, "model");
    ObjectMatcher(snapshot, candidates).Visit(model, below < 0 ? 0 : below);
  } else if (match == Match::kNames) {
    for (const Weight& weight : weights) {
      const NamedTensor* tensor = FindNamed(snapshot.weights, weight.path);
      if (tensor == nullptr) continue;
      candidates.value_of[weight.variable.get()] = tensor;
      candidates.used.insert(tensor->name);
    }
  } else {
    for (size_t i = 0; i < weights.size() && i < snapshot.weights.size(); ++i) {
      candidates.value_of[weights[i].variable.get()] = &snapshot.weights[i];
      candidates.used.insert(snapshot.weights[i].name);
    }
  }
  return candidates;
}

// OK if the candidates fit one to one, or the full list of what does not.
absl::Status Judge(const std::vector<Weight>& weights, const Snapshot& snapshot,
                   const Candidates& candidates) {
  std::vector<std::string> missing, mismatched, extra;
  for (const Weight& weight : weights) {
    const auto found = candidates.value_of.find(weight.variable.get());
    if (found == candidates.value_of.end()) {
      missing.push_back(weight.path);
    } else if (found->second->value.spec() != weight.variable->spec()) {
      mismatched.push_back(absl::StrCat(
          weight.path, " is ", SpecToString(weight.variable->spec()),
          " in the model, ", SpecToString(found->second->value.spec()),
          " in the file"));
    }
  }
  for (const NamedTensor& tensor : snapshot.weights) {
    if (candidates.used.count(tensor.name) == 0) extra.push_back(tensor.name);
  }
  if (missing.empty() && mismatched.empty() && extra.empty()) {
    return absl::OkStatus();
  }
  std::vector<std::string> complaints;
  const auto complain = [&](absl::string_view what,
                            const std::vector<std::string>& paths) {
    if (paths.empty()) return;
    constexpr size_t kMost = 20;
    const absl::Span<const std::string> shown =
        absl::MakeConstSpan(paths).subspan(0, kMost);
    complaints.push_back(absl::StrCat(what, " (", paths.size(),
                                      "): ", absl::StrJoin(shown, ", "),
                                      paths.size() > kMost ? ", ..." : ""));
  };
  complain("the model has, the file lacks", missing);
  complain("the file has, the model lacks", extra);
  complain("of another shape or type", mismatched);
  return absl::InvalidArgumentError(
      absl::StrCat("the file is of another architecture; ",
                   absl::StrJoin(complaints, "; ")));
}

absl::Status CheckSpec(const std::string& path, const Variable& variable,
                       const Tensor& value) {
  if (variable.spec() == value.spec()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "optimizer: ", path, " is ", SpecToString(variable.spec()),
      " in the model, ", SpecToString(value.spec()), " in the file"));
}

}  // namespace

absl::StatusOr<WeightAssignments> MatchWeights(const Layer& model,
                                               const Snapshot& snapshot,
                                               Match match) {
  const std::vector<Weight> weights = model.weights();
  std::vector<Match> ways = {match};
  if (match == Match::kAuto) {
    ways = {Match::kObjects, Match::kNames, Match::kOrder};
    if (snapshot.objects.nodes.empty()) ways.erase(ways.begin());
  }
  absl::Status first_failure;
  for (const Match way : ways) {
    const Candidates candidates = FindCandidates(model, snapshot, way);
    const absl::Status status = Judge(weights, snapshot, candidates);
    if (!status.ok()) {
      if (first_failure.ok()) first_failure = status;
      continue;
    }
    WeightAssignments result{.match = way};
    for (const Weight& weight : weights) {
      result.assignments.push_back(
          {weight.path, weight.variable.get(),
           candidates.value_of.at(weight.variable.get())->value});
    }
    return result;
  }
  return first_failure;
}

absl::StatusOr<std::vector<Assignment>> MatchOptimizer(
    const Layer& model, const Optimizer& optimizer,
    const OptimizerVariables& variables, const Snapshot& snapshot) {
  std::vector<Assignment> assignments;
  const ObjectGraph& graph = snapshot.objects;
  const int node = graph.nodes.empty() ? -1 : FindEdge(graph, 0, "optimizer");
  const auto match = [&](int parent, absl::string_view edge,
                         const std::string& path,
                         Variable* variable) -> absl::Status {
    const int found = FindEdge(graph, parent, edge);
    const NamedTensor* tensor =
        found < 0 ? nullptr
                  : FindNamed(snapshot.optimizer, graph.nodes[found].tensor);
    if (tensor == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the file has no value for the optimizer's \"", path,
          "\"; it was written with another optimizer or other options of ",
          optimizer.class_name()));
    }
    CAIRN_RETURN_IF_ERROR(CheckSpec(path, *variable, tensor->value));
    assignments.push_back({path, variable, tensor->value});
    return absl::OkStatus();
  };
  CAIRN_RETURN_IF_ERROR(
      match(node, "iterations", "iterations", variables.iterations.get()));
  CAIRN_RETURN_IF_ERROR(match(node, "learning_rate", "learning_rate",
                              variables.learning_rate.get()));
  for (const SlotSpec& slot : optimizer.slots()) {
    const int list = FindEdge(graph, node, slot.edge);
    int index = 0;
    for (const Weight& weight : model.weights()) {
      if (!weight.trainable) continue;
      CAIRN_RETURN_IF_ERROR(
          match(list, absl::StrCat(index++),
                absl::StrCat(slot.name, "/", weight.path),
                variables.slots.at(slot.name).at(weight.variable.get()).get()));
    }
  }
  return assignments;
}

absl::Status Assign(const std::vector<Assignment>& assignments) {
  constexpr int64_t kInParallelFrom = int64_t{2} << 20;
  constexpr int64_t kPiece = int64_t{1} << 19;
  struct Piece {
    const Assignment* assignment;
    int64_t begin, size;
  };
  std::vector<Piece> pieces;
  int64_t total = 0;
  for (const Assignment& assignment : assignments) {
    CAIRN_CHECK(assignment.value.spec() == assignment.variable->spec());
    const auto bytes =
        static_cast<int64_t>(ByteSize(assignment.variable->spec()));
    for (int64_t begin = 0; begin < bytes; begin += kPiece) {
      pieces.push_back({&assignment, begin, std::min(kPiece, bytes - begin)});
    }
    total += bytes;
  }
  const auto copy = [&](int64_t i) {
    const auto& [assignment, begin, size] = pieces[i];
    Tensor& to = assignment->variable->mutable_value();
    return assignment->value.CopyTo(to.mutable_bytes().subspan(begin, size),
                                    begin);
  };
  const auto count = static_cast<int64_t>(pieces.size());
  if (total >= kInParallelFrom) return RunInParallel(count, copy);
  for (int64_t i = 0; i < count; ++i) CAIRN_RETURN_IF_ERROR(copy(i));
  return absl::OkStatus();
}

}  // namespace cairn
