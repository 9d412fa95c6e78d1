#include "saving/restore_progress.h"

#include "absl/strings/str_cat.h"
#include "core/base/counted_list.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "core/layer/deferred_values.h"
#include "core/training/step_graphs.h"

namespace cairn {
namespace {

constexpr absl::string_view kSaveCounter = "save_counter";

// Calls `visit` with the path and the variable of all that exists.
template <typename Visitor>
void VisitExisting(const std::vector<CheckpointObject>& objects,
                   Visitor&& visit) {
  for (const CheckpointObject& object : objects) {
    const auto visit_below = [&](const std::string& path,
                                 const Variable* variable) {
      visit(absl::StrCat(object.edge, "/", path), variable);
    };
    if (object.layer != nullptr) {
      for (const Weight& weight : object.layer->weights()) {
        visit_below(weight.path, weight.variable.get());
      }
    } else if (object.variable != nullptr) {
      visit(object.edge, object.variable.get());
    } else {
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
  const std::vector<std::string> left = Extra();
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

absl::Status RestoreProgress::Apply(const ObjectWalk& walk) {
  std::vector<Tensor> values;
  for (const FoundVariable& found : walk.found) {
    CAIRN_ASSIGN_OR_RETURN(
        Tensor value, stored_.ReadFor(*found.variable, found.path, found.node));
    values.push_back(std::move(value));
  }
  for (const auto& [layer, node] : walk.waiting) {
    for (const std::string& key : stored_.KeysBelow(node)) {
      CAIRN_RETURN_IF_ERROR(stored_.reader().Verify(key));
    }
  }
  for (size_t i = 0; i < values.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(walk.found[i].variable->Assign(values[i]));
    Take(walk.found[i]);
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
    const CheckpointObject& object) {
  object.optimizer_of->KeepLearningRate();
  const int node = FindOptimizer(object, objects_, stored_, roots_);
  if (node < 0 || object.optimizer_of->built()) return absl::OkStatus();
  CAIRN_ASSIGN_OR_RETURN(const Model::OptimizerState state,
                         object.optimizer_of->GetOptimizerState());
  state.variables->deferred =
      std::make_shared<WaitingSlots>(shared_from_this(), object.edge, node);
  waiting_optimizers_.insert(node);
  return absl::OkStatus();
}

absl::Status RestoreProgress::Start() {
  is_expected_ = true;  // Until it has begun.
  CAIRN_ASSIGN_OR_RETURN(roots_, ChooseRoots(objects_, stored_));
  ObjectWalk walk = WalkObjects(objects_, stored_, roots_);
  for (const CheckpointObject& object : objects_) {
    if (object.optimizer_of == nullptr) continue;
    const int node = FindOptimizer(object, objects_, stored_, roots_);
    if (node < 0) continue;
    CAIRN_RETURN_IF_ERROR(WalkOptimizer(object, node, stored_, walk));
  }
  CAIRN_RETURN_IF_ERROR(Apply(walk));
  for (const CheckpointObject& object : objects_) {
    if (object.optimizer_of == nullptr) continue;
    CAIRN_RETURN_IF_ERROR(WaitWithOptimizer(object));
  }
  is_expected_ = false;
  return absl::OkStatus();
}

RestoreReport RestoreProgress::Report() const {
  return {.match = Match::kObjects,
          .file_child = roots_.file_child,
          .object_child = roots_.object_child,
          .restored = restored_,
          .missing = Missing(),
          .extra = Extra()};
}

std::vector<std::string> RestoreProgress::Missing() const {
  std::vector<std::string> missing;
  std::set<const Variable*> seen;
  VisitExisting(
      objects_, [&](const std::string& path, const Variable* variable) {
        if (node_of_.count(variable) == 0 && seen.insert(variable).second) {
          missing.push_back(path);
        }
      });
  return missing;
}

std::vector<std::string> RestoreProgress::Left(bool waiting) const {
  std::set<std::string> awaited;
  const ObjectWalk walk = WalkObjects(objects_, stored_, roots_);
  for (const auto& [layer, node] : walk.waiting) {
    awaited.merge(stored_.KeysBelow(node));
  }
  for (const CheckpointObject& object : objects_) {
    if (object.optimizer_of == nullptr || object.optimizer_of->built())
      continue;
    const int node = FindOptimizer(object, objects_, stored_, roots_);
    if (waiting_optimizers_.count(node) > 0) {
      awaited.merge(stored_.KeysBelow(node));
    }
  }
  const int counter = stored_.graph().Find(0, kSaveCounter);
  std::vector<std::string> left;
  for (const std::string& key : stored_.KeysBelow(0)) {
    if (used_keys_.count(key) > 0 || (awaited.count(key) > 0) != waiting ||
        (counter >= 0 && key == stored_.KeyOf(counter))) {
      continue;
    }
    left.push_back(key);
  }
  return left;
}

}  // namespace cairn
