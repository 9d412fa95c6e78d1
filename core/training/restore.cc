#include "core/training/restore.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/check.h"
#include "core/base/counted_list.h"
#include "core/base/status_macros.h"
#include "core/runtime/run_in_parallel.h"
#include "core/tensor/cast.h"
#include "core/training/path_pattern.h"
#include "core/training/weight_matching.h"

namespace cairn {
namespace {

// What one way of matching comes to.
struct Judgement {
  const WeightMatching* matching = nullptr;
  RestoreReport report;
  std::vector<std::string> mismatches;  // In words.

  bool is_whole() const {
    return report.missing.empty() && report.extra.empty() &&
           report.mismatched.empty() && report.kept.empty();
  }
  bool is_excused(const RestoreOptions& options) const {
    return (report.missing.empty() || options.allow_missing) &&
           (report.extra.empty() || options.allow_extra) &&
           (report.mismatched.empty() || options.allow_mismatch);
  }
  // Whether anything is restored, or there is nothing to restore.
  bool is_worth() const {
    return !report.restored.empty() ||
           (matching->values.empty() && report.missing.empty());
  }
};

Judgement Judge(absl::Span<const Weight> weights,
                const WeightMatching& matching, const RestoreOptions& options) {
  Judgement judgement{.matching = &matching,
                      .report = {.match = matching.match,
                                 .file_child = matching.file_child,
                                 .renamed = matching.renamed}};
  RestoreReport& report = judgement.report;
  const std::vector<PathPattern> keep(options.keep.begin(), options.keep.end());
  std::set<const NamedTensor*> used;
  for (const Weight& weight : weights) {
    const auto found = matching.value_of.find(weight.variable.get());
    const NamedTensor* const value =
        found == matching.value_of.end() ? nullptr : found->second;
    if (value != nullptr) used.insert(value);
    if (std::any_of(keep.begin(), keep.end(), [&](const PathPattern& pattern) {
          return pattern.Find(weight.path).has_value();
        })) {
      report.kept.push_back(weight.path);
      continue;
    }
    if (value == nullptr) {
      report.missing.push_back(weight.path);
      continue;
    }
    const TensorSpec& ours = weight.variable->spec();
    const TensorSpec& theirs = value->value.spec();
    const bool same_type = ours.dtype == theirs.dtype;
    if (ours.shape == theirs.shape && (same_type || options.allow_cast)) {
      report.restored.push_back(weight.path);
      if (!same_type) report.cast.push_back(weight.path);
      continue;
    }
    report.mismatched.push_back(weight.path);
    judgement.mismatches.push_back(
        absl::StrCat(weight.path, " is ", SpecToString(ours), " in the model, ",
                     SpecToString(theirs), " in the file"));
  }
  for (const NamedTensor* value : matching.values) {
    if (used.count(value) == 0) report.extra.push_back(value->name);
  }
  return judgement;
}

// What does not fit, and which options would allow it.
std::string Complain(const Judgement& judgement) {
  const RestoreReport& report = judgement.report;
  std::vector<std::string> complaints, options;
  const auto complain = [&](absl::string_view what,
                            const std::vector<std::string>& items,
                            absl::string_view option) {
    if (items.empty()) return;
    complaints.push_back(absl::StrCat(what, " ", CountedList(items)));
    options.emplace_back(option);
  };
  complain("the model has, the file lacks", report.missing, "allow_missing");
  complain("the file has, the model lacks", report.extra, "allow_extra");
  complain("of another shape or type", judgement.mismatches, "allow_mismatch");
  std::string text = absl::StrCat("the file is of another architecture; ",
                                  absl::StrJoin(complaints, "; "));
  if (report.restored.empty()) return text;
  return absl::StrCat(text, "; the other ", report.restored.size(),
                      " fit, and are loaded with ",
                      absl::StrJoin(options, " and "));
}

// Both sides, for the eye to find what the names have in common.
std::string ShowBoth(absl::Span<const Weight> weights,
                     const Snapshot& snapshot) {
  std::vector<std::string> ours, theirs;
  for (const Weight& weight : weights) {
    ours.push_back(
        absl::StrCat(weight.path, " ", SpecToString(weight.variable->spec())));
  }
  for (const NamedTensor& value : snapshot.weights) {
    theirs.push_back(
        absl::StrCat(value.name, " ", SpecToString(value.value.spec())));
  }
  return absl::StrCat("nothing in the file fits the model; the model has ",
                      CountedList(ours), "; the file has ",
                      CountedList(theirs));
}

// Calls `visit` with each way of matching that the options allow, in the order
// in which they count, until it returns false. Most files need the first alone.
absl::Status VisitMatchings(const Layer& model,
                            absl::Span<const Weight> weights,
                            const Snapshot& snapshot,
                            const RestoreOptions& options,
                            absl::FunctionRef<bool(WeightMatching)> visit) {
  const bool renames = !options.renames.empty();
  const Match match =
      options.match == Match::kAuto && renames ? Match::kNames : options.match;
  if (renames && match != Match::kNames) {
    return absl::InvalidArgumentError(
        "RestoreOptions: renames go with Match::kNames or Match::kAuto alone");
  }
  const bool has_objects = !snapshot.objects->nodes.empty();
  if (has_objects && (match == Match::kAuto || match == Match::kObjects)) {
    if (!visit(MatchObjects(model, snapshot))) return absl::OkStatus();
    for (WeightMatching& matching : MatchObjectsOfChildren(model, snapshot)) {
      if (!visit(std::move(matching))) return absl::OkStatus();
    }
  }
  if (match == Match::kAuto || match == Match::kNames) {
    CAIRN_ASSIGN_OR_RETURN(WeightMatching names,
                           MatchNames(weights, snapshot, options.renames));
    if (!visit(std::move(names))) return absl::OkStatus();
  }
  if (match == Match::kAuto || match == Match::kOrder) {
    visit(MatchOrder(weights, snapshot));
  }
  return absl::OkStatus();
}

// The child of the model whose weights are all that the file has; or "".
std::string FindFittingChild(const Layer& model, const Snapshot& snapshot) {
  for (const Layer::Child& child : model.children()) {
    const std::vector<Weight> weights = child.layer->weights();
    if (weights.empty()) continue;
    bool fits = false;
    const absl::Status status = VisitMatchings(
        *child.layer, weights, snapshot, {}, [&](WeightMatching matching) {
          // By place alone too much fits by chance, and of a part of the file.
          fits = matching.match != Match::kOrder &&
                 matching.values.size() == snapshot.weights->size() &&
                 Judge(weights, matching, {}).is_whole();
          return !fits;
        });
    if (status.ok() && fits) return child.layer->name();
  }
  return "";
}

absl::Status CheckKeep(absl::Span<const Weight> weights,
                       const RestoreOptions& options) {
  for (const std::string& keep : options.keep) {
    const PathPattern pattern(keep);
    if (std::none_of(weights.begin(), weights.end(), [&](const Weight& weight) {
          return pattern.Find(weight.path).has_value();
        })) {
      return absl::InvalidArgumentError(absl::StrCat(
          "RestoreOptions: keep has \"", keep,
          "\", which stands for no weight and for no layer above one"));
    }
  }
  return absl::OkStatus();
}

// Whether nothing differs, but for what is to be kept or converted.
bool FitsWhole(const Judgement& judgement, const RestoreOptions& options) {
  return judgement.is_worth() && judgement.is_excused({.match = options.match});
}

// Where nothing fits whole: the first by edges or paths whose differences are
// allowed; where the caller named the way, by that. Null if there is none.
const Judgement* ChooseExcused(const std::vector<Judgement>& judgements,
                               const RestoreOptions& options) {
  for (const Judgement& judgement : judgements) {
    if (judgement.is_worth() && judgement.is_excused(options) &&
        (judgement.report.match != Match::kOrder ||
         options.match == Match::kOrder)) {
      return &judgement;
    }
  }
  return nullptr;
}

absl::Status Refuse(const Layer& model, absl::Span<const Weight> weights,
                    const Snapshot& snapshot,
                    const std::vector<Judgement>& judgements) {
  const Judgement* nearest = nullptr;
  bool has_found_any = false;
  for (const Judgement& judgement : judgements) {
    // What happens to lie at one place says nothing of a model.
    const bool is_order = judgement.report.match == Match::kOrder;
    if (!is_order || judgements.size() == 1) {
      has_found_any |= !judgement.matching->value_of.empty();
    }
    if (nearest == nullptr ||
        judgement.report.restored.size() > nearest->report.restored.size()) {
      if (!is_order || judgements.size() == 1) nearest = &judgement;
    }
  }
  std::string text = nearest != nullptr && has_found_any
                         ? Complain(*nearest)
                         : ShowBoth(weights, snapshot);
  const std::string child = FindFittingChild(model, snapshot);
  if (!child.empty()) {
    absl::StrAppend(&text, "; the file fits the child \"", child,
                    "\" of the model: load it into that");
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace

absl::StatusOr<WeightAssignments> MatchWeights(const Layer& model,
                                               const Snapshot& snapshot,
                                               const RestoreOptions& options) {
  const std::vector<Weight> weights = model.weights();
  CAIRN_RETURN_IF_ERROR(CheckKeep(weights, options));
  std::deque<WeightMatching> matchings;  // Judgements point into it.
  std::vector<Judgement> judgements;
  const Judgement* chosen = nullptr;
  CAIRN_RETURN_IF_ERROR(VisitMatchings(
      model, weights, snapshot, options, [&](WeightMatching matching) {
        matchings.push_back(std::move(matching));
        judgements.push_back(Judge(weights, matchings.back(), options));
        if (!FitsWhole(judgements.back(), options)) return true;
        chosen = &judgements.back();
        return false;
      }));
  if (chosen == nullptr) chosen = ChooseExcused(judgements, options);
  if (chosen == nullptr) return Refuse(model, weights, snapshot, judgements);
  WeightAssignments result{.report = chosen->report,
                           .is_whole = chosen->is_whole()};
  std::set<std::string> restored(chosen->report.restored.begin(),
                                 chosen->report.restored.end());
  for (const Weight& weight : weights) {
    if (restored.count(weight.path) == 0) continue;
    Variable* const variable = weight.variable.get();
    const NamedTensor& value = *chosen->matching->value_of.at(variable);
    auto tensor = CastTensor(value.value, variable->spec().dtype);
    if (!tensor.ok()) return Annotate(tensor.status(), weight.path);
    result.assignments.push_back({weight.path, variable, *std::move(tensor)});
    result.names[variable] = value.name;
  }
  return result;
}

namespace {

// Finds an optimizer's values among a snapshot's.
class OptimizerMatcher {
 public:
  OptimizerMatcher(const Optimizer& optimizer, const Snapshot& snapshot,
                   const RestoreOptions& options, WeightAssignments& weights)
      : optimizer_(optimizer),
        objects_(snapshot.objects),
        options_(options),
        values_(snapshot.optimizer),
        weights_(weights),
        node_(objects_.nodes.empty() ? -1 : objects_.Find(0, "optimizer")) {
    if (node_ < 0) return;
    for (const ObjectGraph::Slot& slot : objects_.nodes[node_].slots) {
      old_slots_[{slot.name, objects_.nodes[slot.weight].tensor}] =
          slot.variable;
    }
  }

  absl::Status MatchMember(absl::string_view edge, Variable* variable) {
    return Take(std::string(edge), objects_.Find(node_, edge), variable);
  }

  absl::Status MatchSlot(const SlotSpec& slot, const Weight& weight, int index,
                         Variable* variable) {
    const int list = objects_.Find(node_, slot.edge);
    int found = objects_.Find(list, absl::StrCat(index));
    if (list < 0) {
      const auto old =
          old_slots_.find({slot.old_name.empty() ? slot.name : slot.old_name,
                           weights_.names.at(weight.variable.get())});
      if (old != old_slots_.end()) found = old->second;
    }
    return Take(absl::StrCat(slot.name, "/", weight.path), found, variable);
  }

 private:
  absl::Status Take(const std::string& path, int node, Variable* variable) {
    const NamedTensor* const found =
        node < 0 ? nullptr : values_.Find(objects_.nodes[node].tensor);
    RestoreReport& report = weights_.report;
    if (found == nullptr) {
      report.missing.push_back(path);
      if (options_.allow_missing) return absl::OkStatus();
      return absl::InvalidArgumentError(absl::StrCat(
          "the file has no value for the optimizer's \"", path,
          "\"; it was written with another optimizer or other options of ",
          optimizer_.class_name()));
    }
    Tensor value = found->value;
    const TensorSpec& spec = variable->spec();
    if (options_.allow_cast && value.dtype() != spec.dtype &&
        value.shape() == spec.shape) {
      CAIRN_ASSIGN_OR_RETURN(value, CastTensor(value, spec.dtype));
      report.cast.push_back(path);
    }
    if (value.spec() != spec) {
      report.mismatched.push_back(path);
      if (options_.allow_mismatch) return absl::OkStatus();
      return absl::InvalidArgumentError(absl::StrCat(
          "optimizer: ", path, " is ", SpecToString(spec), " in the model, ",
          SpecToString(value.spec()), " in the file"));
    }
    report.restored.push_back(path);
    weights_.assignments.push_back({path, variable, std::move(value)});
    return absl::OkStatus();
  }

  const Optimizer& optimizer_;
  const ObjectGraph& objects_;
  const RestoreOptions& options_;
  const ValuesByName values_;
  WeightAssignments& weights_;
  const int node_;
  // By slot and tensor of the weight, as older Keras keeps them.
  std::map<std::pair<std::string, std::string>, int> old_slots_;
};

}  // namespace

absl::Status MatchOptimizer(const Layer& model, const Optimizer& optimizer,
                            const OptimizerVariables& variables,
                            const Snapshot& snapshot,
                            const RestoreOptions& options,
                            WeightAssignments& weights) {
  if (!weights.is_whole) return absl::OkStatus();
  OptimizerMatcher matcher(optimizer, snapshot, options, weights);
  CAIRN_RETURN_IF_ERROR(
      matcher.MatchMember("iterations", variables.iterations.get()));
  CAIRN_RETURN_IF_ERROR(
      matcher.MatchMember("learning_rate", variables.learning_rate.get()));
  const std::vector<Weight> all = model.weights();
  for (const SlotSpec& slot : optimizer.slots()) {
    const auto& slots = variables.slots.at(slot.name);
    int index = 0;
    for (const Weight& weight : all) {
      if (!weight.trainable) continue;
      CAIRN_RETURN_IF_ERROR(matcher.MatchSlot(
          slot, weight, index++, slots.at(weight.variable.get()).get()));
    }
  }
  return absl::OkStatus();
}

absl::Status Assign(const std::vector<Assignment>& assignments) {
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
