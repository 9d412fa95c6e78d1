#include "saving/restore_progress.h"

#include "absl/strings/str_cat.h"
#include "core/base/counted_list.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "core/layer/deferred_values.h"
#include "core/training/step_graphs.h"

namespace cairn {
namespace {

// Calls `visit` with the path of all variables that exist and the variable.
template <typename Visitor>
void VisitExisting(const std::vector<PlacedObject>& objects, Visitor&& visit) {
  for (const PlacedObject& placed : objects) {
    const CheckpointObject& object = placed.object;
    const auto visit_below = [&](const std::string& path,
                                 const Variable* variable) {
      visit(absl::StrCat(placed.path(), "/", path), variable);
    };
    if (object.layer != nullptr) {
      for (const Weight& weight : object.layer->weights()) {
        visit_below(weight.path, weight.variable.get());
      }
    } else if (object.variable != nullptr) {
      visit(placed.path(), object.variable.get());
    } else if (object.optimizer_of != nullptr) {
      const auto state = object.optimizer_of->GetOptimizerState();
      if (!state.ok()) continue;
      visit_below("iterations", state->variables->iterations.get());
      visit_below("learning_rate", state->variables->learning_rate.get());
      for (const auto& [name, slots] : state->variables->slots) {
        for (const auto& [weight, slot] : slots) {
          visit_below(slot->name(), slot.get());
        }
      }
    }
  }
}

}  // namespace

// What waits for one layer.
class RestoreProgress::WaitingLayer : public DeferredValues {
 public:
  WaitingLayer(std::shared_ptr<RestoreProgress> progress, std::string path,
               int node)
      : progress_(std::move(progress)), path_(std::move(path)), node_(node) {}

  absl::StatusOr<bool> Fill(const std::string& edge,
                            Variable& weight) override {
    const int found = Find(edge);
    if (!progress_->stored_.HasValue(found)) return false;
    CAIRN_RETURN_IF_ERROR(progress_->Fill(Below(edge), found, weight));
    return true;
  }
  absl::Status FillChild(const std::string& edge, Layer& child) override {
    const int node = Find(edge);
    if (node < 0) return absl::OkStatus();
    return progress_->Attach(child, Below(edge), node);
  }

 private:
  int Find(const std::string& edge) const {
    return progress_->stored_.graph().Find(node_, edge);
  }
  std::string Below(const std::string& edge) const {
    return absl::StrCat(path_, "/", edge);
  }

  const std::shared_ptr<RestoreProgress> progress_;
  const std::string path_;
  const int node_;
};

// What waits for an optimizer's slots.
class RestoreProgress::WaitingSlots : public DeferredSlots {
 public:
  WaitingSlots(std::shared_ptr<RestoreProgress> progress, std::string path,
               int node)
      : progress_(std::move(progress)), path_(std::move(path)), node_(node) {}

  absl::Status Fill(const SlotSpec& slot, const Weight& weight, int index,
                    Variable& variable) override {
    const int found = FindSlot(node_, slot, weight.variable.get(), index,
                               progress_->node_of_, progress_->stored_);
    if (found < 0) return absl::OkStatus();
    return progress_->Fill(
        absl::StrCat(path_, "/", slot.name, "/", weight.path), found, variable);
  }

 private:
  const std::shared_ptr<RestoreProgress> progress_;
  const std::string path_;
  const int node_;
};

RestoreProgress::~RestoreProgress() {
  if (is_expected_) return;
  const std::set<std::string> values = Left();
  std::vector<std::string> left(values.begin(), values.end());
  for (const std::string& key : UnusedStates()) left.push_back(key);
  if (left.empty()) return;
  LogWarning(absl::StrCat("of ", prefix(), " values were not restored ",
                          CountedList(left),
                          "; ExpectPartial() says that this is meant"));
}

void RestoreProgress::Take(const FoundVariable& found) {
  if (node_of_.emplace(found.variable, found.node).second) {
    restored_.push_back(found.path);
  }
  used_keys_.insert(stored_.KeyOf(found.node));
}

absl::Status RestoreProgress::Fill(const std::string& path, int node,
                                   Variable& variable) {
  CAIRN_ASSIGN_OR_RETURN(const Tensor value,
                         stored_.ReadFor(variable, path, node));
  CAIRN_RETURN_IF_ERROR(variable.Assign(value));
  Take({path, &variable, node});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> RestoreProgress::ReadCounters(
    const ObjectWalk& walk) const {
  std::vector<int64_t> counters;
  for (const auto& [checkpoint, node] : walk.counters) {
    CAIRN_ASSIGN_OR_RETURN(
        const int64_t counter,
        ReadSaveCounter(stored_.reader(), stored_.KeyOf(node)));
    counters.push_back(counter);
  }
  return counters;
}

absl::Status RestoreProgress::RestoreStates(const ObjectWalk& walk) {
  std::vector<StateToRestore> states;
  for (const auto& [object, key] : walk.states) {
    CAIRN_ASSIGN_OR_RETURN(State state, stored_.reader().ReadState(key));
    states.push_back({key, object, std::move(state)});
  }
  CAIRN_RETURN_IF_ERROR(RestoreTogether(states));
  restored_states_.insert(walk.states.begin(), walk.states.end());
  return absl::OkStatus();
}

absl::Status RestoreProgress::Apply(const ObjectWalk& walk) {
  std::vector<Tensor> values;
  for (const FoundVariable& found : walk.found) {
    CAIRN_ASSIGN_OR_RETURN(
        Tensor value, stored_.ReadFor(*found.variable, found.path, found.node));
    values.push_back(std::move(value));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<int64_t> counters,
                         ReadCounters(walk));
  // Each once: a layer that waits has others within that do.
  std::set<std::string> awaited;
  for (const auto& [layer, node] : walk.waiting) {
    awaited.merge(stored_.KeysBelow(node));
  }
  for (const std::string& key : awaited) {
    CAIRN_RETURN_IF_ERROR(stored_.reader().Verify(key));
  }
  // Last of what may fail, as an object may refuse its state.
  CAIRN_RETURN_IF_ERROR(RestoreStates(walk));
  for (size_t i = 0; i < values.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(walk.found[i].variable->Assign(values[i]));
    Take(walk.found[i]);
  }
  auto counter = counters.begin();
  for (const auto& [checkpoint, node] : walk.counters) {
    checkpoint->save_counter = *counter++;
    restored_counters_.insert(checkpoint);
    used_keys_.insert(stored_.KeyOf(node));
  }
  for (const auto& [layer, node] : walk.waiting) {
    layer->DeferRestore(std::make_shared<WaitingLayer>(shared_from_this(),
                                                       layer->name(), node));
  }
  return absl::OkStatus();
}

absl::Status RestoreProgress::Attach(Layer& layer, const std::string& path,
                                     int node) {
  ObjectWalk walk;
  WalkLayer(layer, path, node, stored_, walk);
  return Apply(walk);
}

absl::Status RestoreProgress::WaitWithOptimizer(
    const PlacedObject& placed, const std::vector<PlacedObject>& objects) {
  Model& model = *placed.object.optimizer_of;
  model.KeepLearningRate();
  const int node = FindOptimizer(placed, objects, stored_, roots_);
  if (node < 0 || model.built()) return absl::OkStatus();
  CAIRN_ASSIGN_OR_RETURN(const Model::OptimizerState state,
                         model.GetOptimizerState());
  state.variables->deferred =
      std::make_shared<WaitingSlots>(shared_from_this(), placed.path(), node);
  waiting_optimizers_.insert(node);
  return absl::OkStatus();
}

absl::Status RestoreProgress::Start(const std::vector<PlacedObject>& objects) {
  is_expected_ = true;  // Until it has begun.
  CAIRN_ASSIGN_OR_RETURN(roots_, ChooseRoots(objects, stored_));
  ObjectWalk walk = WalkObjects(objects, stored_, roots_);
  for (const PlacedObject& placed : objects) {
    if (placed.object.optimizer_of == nullptr) continue;
    const int node = FindOptimizer(placed, objects, stored_, roots_);
    if (node < 0) continue;
    CAIRN_RETURN_IF_ERROR(WalkOptimizer(placed, node, stored_, walk));
  }
  CAIRN_RETURN_IF_ERROR(Apply(walk));
  for (const PlacedObject& placed : objects) {
    if (placed.object.optimizer_of == nullptr) continue;
    CAIRN_RETURN_IF_ERROR(WaitWithOptimizer(placed, objects));
  }
  is_expected_ = false;
  return absl::OkStatus();
}

RestoreReport RestoreProgress::Report(
    const std::vector<PlacedObject>& objects) const {
  return {.unused_states = UnusedStates(),
          .missing_states = MissingStates(objects),
          .match = Match::kObjects,
          .file_child = roots_.file_child,
          .object_child = roots_.object_child,
          .restored = restored_,
          .missing = Missing(objects),
          .extra = Extra(objects)};
}

std::vector<std::string> RestoreProgress::Missing(
    const std::vector<PlacedObject>& objects) const {
  std::vector<std::string> missing;
  std::set<const Variable*> seen;
  VisitExisting(
      objects, [&](const std::string& path, const Variable* variable) {
        if (node_of_.count(variable) == 0 && seen.insert(variable).second) {
          missing.push_back(path);
        }
      });
  for (const PlacedObject& placed : objects) {
    const CheckpointContents* const within = placed.object.checkpoint.get();
    if (within != nullptr && within->save_counter.has_value() &&
        restored_counters_.count(within) == 0) {
      missing.push_back(absl::StrCat(placed.path(), "/", kSaveCounterEdge));
    }
  }
  return missing;
}

std::vector<std::string> RestoreProgress::MissingStates(
    const std::vector<PlacedObject>& objects) const {
  std::vector<std::string> missing;
  std::set<const Stateful*> seen;
  for (const PlacedObject& placed : objects) {
    const Stateful* const object = placed.object.stateful;
    if (object != nullptr && restored_states_.count(object) == 0 &&
        seen.insert(object).second) {
      missing.push_back(UserStateKey(placed.edges));
    }
  }
  return missing;
}

std::vector<std::string> RestoreProgress::UnusedStates() const {
  std::set<std::string> unused = stored_.states();
  for (const auto& [object, key] : restored_states_) unused.erase(key);
  return {unused.begin(), unused.end()};
}

std::set<std::string> RestoreProgress::Left() const {
  std::set<std::string> left = stored_.KeysBelow(0);
  for (const std::string& key : used_keys_) left.erase(key);
  const int counter = stored_.graph().Find(0, kSaveCounterEdge);
  if (counter >= 0) left.erase(stored_.KeyOf(counter));
  return left;
}

std::set<std::string> RestoreProgress::Awaited(
    const std::vector<PlacedObject>& objects) const {
  std::set<std::string> awaited;
  const ObjectWalk walk = WalkObjects(objects, stored_, roots_);
  for (const auto& [layer, node] : walk.waiting) {
    awaited.merge(stored_.KeysBelow(node));
  }
  for (const PlacedObject& placed : objects) {
    const Model* const model = placed.object.optimizer_of;
    if (model == nullptr || model->built()) continue;
    const int node = FindOptimizer(placed, objects, stored_, roots_);
    if (waiting_optimizers_.count(node) > 0) {
      awaited.merge(stored_.KeysBelow(node));
    }
  }
  return awaited;
}

std::vector<std::string> RestoreProgress::Extra(
    const std::vector<PlacedObject>& objects) const {
  std::set<std::string> extra = Left();
  for (const std::string& key : Awaited(objects)) extra.erase(key);
  return {extra.begin(), extra.end()};
}

std::vector<std::string> RestoreProgress::Waiting(
    const std::vector<PlacedObject>& objects) const {
  const std::set<std::string> awaited = Awaited(objects);
  std::vector<std::string> waiting;
  for (const std::string& key : Left()) {
    if (awaited.count(key) > 0) waiting.push_back(key);
  }
  return waiting;
}

}  // namespace cairn
