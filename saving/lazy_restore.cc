#include "saving/lazy_restore.h"

#include <map>
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "core/layer/deferred_values.h"
#include "core/training/optimizer.h"
#include "core/training/step_graphs.h"
#include "saving/codec/trackable_object_graph.h"
#include "saving/trackable_objects.h"

namespace cairn {
namespace {

using Kind = ObjectGraph::Kind;

constexpr absl::string_view kSaveCounter = "save_counter";

std::string ShortList(const std::vector<std::string>& items) {
  constexpr size_t kMost = 12;
  return absl::StrCat(
      "(", items.size(),
      "): ", absl::StrJoin(absl::MakeConstSpan(items).subspan(0, kMost), ", "),
      items.size() > kMost ? ", ..." : "");
}

// A variable and the node of the file that has its value.
struct Found {
  std::string path;
  Variable* variable;
  int node;
};

// What a walk along edges that model and file share comes to.
struct Walk {
  std::vector<Found> found;
  std::vector<std::pair<Layer*, int>> waiting;  // Layers that are not built.
  std::set<const Variable*> variables;
  std::set<const Layer*> layers;

  bool has_any() const { return !found.empty() || !waiting.empty(); }
};

// How the roots of both sides are laid over each other.
struct Roots {
  int node = 0;              // Of the file, taken for the root.
  std::string file_child;    // Its edge, if it is not the root.
  std::string object_child;  // The object that the file's root is taken for.
};

struct ExistingVariable {
  std::string path;
  const Variable* variable;
};

}  // namespace

class LazyRestore::State : public std::enable_shared_from_this<State> {
 public:
  State(std::vector<CheckpointObject> objects,
        std::unique_ptr<CheckpointReader> reader, ObjectGraph graph)
      : objects_(std::move(objects)),
        reader_(std::move(reader)),
        graph_(std::move(graph)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ~State() {
    if (expected_) return;
    const std::vector<std::string> left = Extra();
    if (left.empty()) return;
    LogWarning(absl::StrCat("of ", reader_->prefix(),
                            " values were not restored ", ShortList(left),
                            "; ExpectPartial() says that this is meant"));
  }

  absl::Status Start();
  // Gives a layer the values that lie below a node.
  absl::Status Attach(Layer& layer, const std::string& path, int node);

  // Reads the value of a node into a variable, checked, and notes it.
  absl::StatusOr<Tensor> Read(const std::string& path, const Variable& variable,
                              int node) const;
  void Take(const std::string& path, const Variable* variable, int node);
  absl::StatusOr<bool> Fill(const std::string& path, int node,
                            const std::string& edge, Variable& variable);
  int SlotNode(int optimizer, const SlotSpec& slot, const Variable* weight,
               int index) const;

  const ObjectGraph& graph() const { return graph_; }
  RestoreReport Report() const;
  std::vector<std::string> Missing() const;
  std::vector<std::string> Extra() const { return Left(/*waiting=*/false); }
  std::vector<std::string> Waiting() const { return Left(/*waiting=*/true); }
  void Expect() { expected_ = true; }

 private:
  bool IsVariable(int node) const {
    return node >= 0 && graph_.nodes[node].kind == Kind::kVariable;
  }
  void WalkLayer(Layer& layer, const std::string& path, int node,
                 Walk& walk) const;
  Walk WalkFrom(const Roots& roots) const;
  int OptimizerNode(const CheckpointObject& object) const;
  std::vector<ExistingVariable> Existing() const;
  absl::Status ChooseRoots();
  absl::Status AddOptimizer(const CheckpointObject& object, Walk& walk);
  absl::Status Apply(const Walk& walk);
  std::set<std::string> KeysBelow(int node) const;
  std::vector<std::string> Left(bool waiting) const;

  const std::vector<CheckpointObject> objects_;
  const std::unique_ptr<CheckpointReader> reader_;
  const ObjectGraph graph_;
  Roots roots_;
  std::vector<std::string> restored_;  // Paths, in order.
  std::map<const Variable*, int> node_of_;
  std::set<std::string> used_keys_;
  // Optimizers some of whose slots are still to be made, by node.
  std::set<int> waiting_optimizers_;
  bool expected_ = false;
};

// What waits for one layer.
class LazyRestore::WaitingLayer : public DeferredValues {
 public:
  WaitingLayer(std::shared_ptr<State> state, std::string path, int node)
      : state_(std::move(state)), path_(std::move(path)), node_(node) {}

  absl::StatusOr<bool> Fill(const std::string& edge,
                            Variable& weight) override {
    return state_->Fill(path_, node_, edge, weight);
  }
  absl::Status FillChild(const std::string& edge, Layer& child) override {
    const int node = state_->graph().Find(node_, edge);
    if (node < 0) return absl::OkStatus();
    return state_->Attach(child, absl::StrCat(path_, "/", edge), node);
  }

 private:
  const std::shared_ptr<State> state_;
  const std::string path_;
  const int node_;
};

// What waits for an optimizer's slots.
class LazyRestore::WaitingSlots : public DeferredSlots {
 public:
  WaitingSlots(std::shared_ptr<State> state, std::string path, int node)
      : state_(std::move(state)), path_(std::move(path)), node_(node) {}

  absl::Status Fill(const SlotSpec& slot, const Weight& weight, int index,
                    Variable& variable) override {
    const int found =
        state_->SlotNode(node_, slot, weight.variable.get(), index);
    if (found < 0) return absl::OkStatus();
    const std::string path =
        absl::StrCat(path_, "/", slot.name, "/", weight.path);
    CAIRN_ASSIGN_OR_RETURN(const Tensor value,
                           state_->Read(path, variable, found));
    CAIRN_RETURN_IF_ERROR(variable.Assign(value));
    state_->Take(path, &variable, found);
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<State> state_;
  const std::string path_;
  const int node_;
};

absl::StatusOr<Tensor> LazyRestore::State::Read(const std::string& path,
                                                const Variable& variable,
                                                int node) const {
  CAIRN_ASSIGN_OR_RETURN(Tensor value,
                         reader_->ReadTensor(graph_.nodes[node].tensor));
  if (value.spec() == variable.spec()) return value;
  return absl::InvalidArgumentError(
      absl::StrCat(path, " is ", SpecToString(variable.spec()), " here, ",
                   SpecToString(value.spec()), " in ", reader_->prefix()));
}

void LazyRestore::State::Take(const std::string& path, const Variable* variable,
                              int node) {
  if (node_of_.emplace(variable, node).second) restored_.push_back(path);
  used_keys_.insert(graph_.nodes[node].tensor);
}

absl::StatusOr<bool> LazyRestore::State::Fill(const std::string& path, int node,
                                              const std::string& edge,
                                              Variable& variable) {
  const int found = graph_.Find(node, edge);
  if (!IsVariable(found)) return false;
  // A variable that was never given a value has no entry.
  if (!reader_->Contains(graph_.nodes[found].tensor)) return false;
  const std::string full_path = absl::StrCat(path, "/", edge);
  CAIRN_ASSIGN_OR_RETURN(const Tensor value, Read(full_path, variable, found));
  CAIRN_RETURN_IF_ERROR(variable.Assign(value));
  Take(full_path, &variable, found);
  return true;
}

int LazyRestore::State::SlotNode(int optimizer, const SlotSpec& slot,
                                 const Variable* weight, int index) const {
  int found = -1;
  const int list = graph_.Find(optimizer, slot.edge);
  if (list >= 0) {
    found = graph_.Find(list, absl::StrCat(index));
  } else {
    const std::string& name = slot.old_name.empty() ? slot.name : slot.old_name;
    const auto weight_node = node_of_.find(weight);
    if (weight_node == node_of_.end()) return -1;
    for (const ObjectGraph::Slot& old : graph_.nodes[optimizer].slots) {
      if (old.name == name && old.weight == weight_node->second) {
        found = old.variable;
      }
    }
  }
  if (!IsVariable(found)) return -1;
  return reader_->Contains(graph_.nodes[found].tensor) ? found : -1;
}

void LazyRestore::State::WalkLayer(Layer& layer, const std::string& path,
                                   int node, Walk& walk) const {
  if (node < 0 || !walk.layers.insert(&layer).second) return;
  for (const auto& [edge, variable] : layer.own_weights()) {
    const int found = graph_.Find(node, edge);
    if (!IsVariable(found) || !reader_->Contains(graph_.nodes[found].tensor) ||
        !walk.variables.insert(variable.get()).second) {
      continue;
    }
    walk.found.push_back(
        {absl::StrCat(path, "/", edge), variable.get(), found});
  }
  for (const Layer::Child& child : layer.children()) {
    WalkLayer(*child.layer, absl::StrCat(path, "/", child.layer->name()),
              graph_.Find(node, child.edge), walk);
  }
  if (!layer.built() && !KeysBelow(node).empty()) {
    walk.waiting.push_back({&layer, node});
  }
}

Walk LazyRestore::State::WalkFrom(const Roots& roots) const {
  Walk walk;
  for (const CheckpointObject& object : objects_) {
    int node = graph_.Find(roots.node, object.edge);
    if (!roots.object_child.empty()) {
      node = object.edge == roots.object_child ? roots.node : -1;
    }
    if (object.layer != nullptr) {
      WalkLayer(*object.layer, object.edge, node, walk);
    } else if (object.variable != nullptr && IsVariable(node) &&
               reader_->Contains(graph_.nodes[node].tensor) &&
               walk.variables.insert(object.variable.get()).second) {
      walk.found.push_back({object.edge, object.variable.get(), node});
    }
  }
  return walk;
}

// Below the root, or below the model, where Keras has it.
int LazyRestore::State::OptimizerNode(const CheckpointObject& object) const {
  int node = graph_.Find(roots_.node, object.edge);
  if (node >= 0 && roots_.object_child.empty()) return node;
  for (const CheckpointObject& other : objects_) {
    if (other.layer.get() != object.optimizer_of) continue;
    node = other.edge == roots_.object_child
               ? roots_.node
               : graph_.Find(roots_.node, other.edge);
    return graph_.Find(node, "optimizer");
  }
  return -1;
}

std::vector<ExistingVariable> LazyRestore::State::Existing() const {
  std::vector<ExistingVariable> existing;
  for (const CheckpointObject& object : objects_) {
    if (object.layer != nullptr) {
      for (const Weight& weight : object.layer->weights()) {
        existing.push_back({absl::StrCat(object.edge, "/", weight.path),
                            weight.variable.get()});
      }
    } else if (object.variable != nullptr) {
      existing.push_back({object.edge, object.variable.get()});
    } else {
      const auto state = object.optimizer_of->GetOptimizerState();
      if (!state.ok()) continue;
      existing.push_back({absl::StrCat(object.edge, "/iterations"),
                          state->variables->iterations.get()});
      existing.push_back({absl::StrCat(object.edge, "/learning_rate"),
                          state->variables->learning_rate.get()});
      for (const auto& [name, slots] : state->variables->slots) {
        for (const auto& [weight, slot] : slots) {
          existing.push_back(
              {absl::StrCat(object.edge, "/", slot->name()), slot.get()});
        }
      }
    }
  }
  return existing;
}

std::set<std::string> LazyRestore::State::KeysBelow(int root) const {
  std::set<std::string> keys;
  std::set<int> seen = {root};
  std::vector<int> open = {root};
  while (!open.empty()) {
    const ObjectGraph::Node& node = graph_.nodes[open.back()];
    open.pop_back();
    if (node.kind == Kind::kVariable && reader_->Contains(node.tensor)) {
      keys.insert(node.tensor);
    }
    const auto visit = [&](int next) {
      if (seen.insert(next).second) open.push_back(next);
    };
    for (const ObjectGraph::Edge& edge : node.edges) visit(edge.node);
    for (const ObjectGraph::Slot& slot : node.slots) visit(slot.variable);
  }
  return keys;
}

absl::Status LazyRestore::State::ChooseRoots() {
  if (WalkFrom(roots_).has_any()) return absl::OkStatus();
  for (const CheckpointObject& object : objects_) {
    if (object.optimizer_of != nullptr && OptimizerNode(object) >= 0) {
      return absl::OkStatus();
    }
  }
  // A training checkpoint where the model was looked for, or the reverse.
  std::vector<Roots> others;
  for (const ObjectGraph::Edge& edge : graph_.nodes[0].edges) {
    if (!IsVariable(edge.node) && others.size() < 100) {
      others.push_back({.node = edge.node, .file_child = edge.name});
    }
  }
  for (const CheckpointObject& object : objects_) {
    if (object.layer != nullptr)
      others.push_back({.object_child = object.edge});
  }
  std::vector<Roots> fitting;
  for (const Roots& roots : others) {
    const Walk walk = WalkFrom(roots);
    bool fits = walk.has_any();
    for (const CheckpointObject& object : objects_) {
      if (object.layer == nullptr ||
          (!roots.object_child.empty() && object.edge != roots.object_child)) {
        continue;
      }
      for (const Weight& weight : object.layer->weights()) {
        fits &= walk.variables.count(weight.variable.get()) > 0;
      }
    }
    if (fits) fitting.push_back(roots);
  }
  if (fitting.size() == 1) {
    roots_ = fitting[0];
    return absl::OkStatus();
  }
  std::vector<std::string> ours, theirs;
  for (const CheckpointObject& object : objects_) ours.push_back(object.edge);
  for (const ObjectGraph::Edge& edge : graph_.nodes[0].edges) {
    theirs.push_back(edge.name);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "nothing in ", reader_->prefix(), " fits; the root here has the edges ",
      ShortList(ours), "; the file's root has ", ShortList(theirs),
      fitting.empty() ? "" : "; several parts would fit"));
}

absl::Status LazyRestore::State::AddOptimizer(const CheckpointObject& object,
                                              Walk& walk) {
  const int node = OptimizerNode(object);
  if (node < 0) return absl::OkStatus();
  CAIRN_ASSIGN_OR_RETURN(const Model::OptimizerState state,
                         object.optimizer_of->GetOptimizerState());
  const auto add = [&](const std::string& path, Variable* variable, int found) {
    if (!IsVariable(found) || !reader_->Contains(graph_.nodes[found].tensor) ||
        !walk.variables.insert(variable).second) {
      return;
    }
    walk.found.push_back(
        {absl::StrCat(object.edge, "/", path), variable, found});
  };
  add("iterations", state.variables->iterations.get(),
      graph_.Find(node, "iterations"));
  add("learning_rate", state.variables->learning_rate.get(),
      graph_.Find(node, "learning_rate"));
  // Where older slots are looked up by their weights.
  for (const Found& found : walk.found) {
    node_of_.emplace(found.variable, found.node);
  }
  for (const SlotSpec& slot : state.optimizer->slots()) {
    const auto slots = state.variables->slots.find(slot.name);
    if (slots == state.variables->slots.end()) continue;
    int index = 0;
    for (const Weight& weight : object.optimizer_of->weights()) {
      if (!weight.trainable) continue;
      const auto variable = slots->second.find(weight.variable.get());
      const int place = index++;
      if (variable == slots->second.end()) continue;
      add(absl::StrCat(slot.name, "/", weight.path), variable->second.get(),
          SlotNode(node, slot, weight.variable.get(), place));
    }
  }
  node_of_.clear();
  return absl::OkStatus();
}

absl::Status LazyRestore::State::Apply(const Walk& walk) {
  std::vector<Tensor> values;
  for (const Found& found : walk.found) {
    CAIRN_ASSIGN_OR_RETURN(Tensor value,
                           Read(found.path, *found.variable, found.node));
    values.push_back(std::move(value));
  }
  for (const auto& [layer, node] : walk.waiting) {
    for (const std::string& key : KeysBelow(node)) {
      CAIRN_RETURN_IF_ERROR(reader_->Verify(key));
    }
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const Found& found = walk.found[i];
    CAIRN_RETURN_IF_ERROR(found.variable->Assign(values[i]));
    Take(found.path, found.variable, found.node);
  }
  for (const auto& [layer, node] : walk.waiting) {
    layer->DeferRestore(std::make_shared<WaitingLayer>(shared_from_this(),
                                                       layer->name(), node));
  }
  return absl::OkStatus();
}

absl::Status LazyRestore::State::Attach(Layer& layer, const std::string& path,
                                        int node) {
  Walk walk;
  WalkLayer(layer, path, node, walk);
  return Apply(walk);
}

absl::Status LazyRestore::State::Start() {
  expected_ = true;  // Until it has begun.
  CAIRN_RETURN_IF_ERROR(ChooseRoots());
  Walk walk = WalkFrom(roots_);
  for (const CheckpointObject& object : objects_) {
    if (object.optimizer_of == nullptr) continue;
    CAIRN_RETURN_IF_ERROR(AddOptimizer(object, walk));
  }
  CAIRN_RETURN_IF_ERROR(Apply(walk));
  for (const CheckpointObject& object : objects_) {
    if (object.optimizer_of == nullptr) continue;
    object.optimizer_of->KeepLearningRate();
    const int node = OptimizerNode(object);
    if (node < 0 || object.optimizer_of->built()) continue;
    CAIRN_ASSIGN_OR_RETURN(const Model::OptimizerState state,
                           object.optimizer_of->GetOptimizerState());
    state.variables->deferred =
        std::make_shared<WaitingSlots>(shared_from_this(), object.edge, node);
    waiting_optimizers_.insert(node);
  }
  expected_ = false;
  return absl::OkStatus();
}

RestoreReport LazyRestore::State::Report() const {
  return {.match = Match::kObjects,
          .file_child = roots_.file_child,
          .object_child = roots_.object_child,
          .restored = restored_,
          .missing = Missing(),
          .extra = Extra()};
}

std::vector<std::string> LazyRestore::State::Missing() const {
  std::vector<std::string> missing;
  std::set<const Variable*> seen;
  for (const ExistingVariable& existing : Existing()) {
    if (node_of_.count(existing.variable) == 0 &&
        seen.insert(existing.variable).second) {
      missing.push_back(existing.path);
    }
  }
  return missing;
}

std::vector<std::string> LazyRestore::State::Left(bool waiting) const {
  std::set<std::string> awaited;
  for (const auto& [layer, node] : WalkFrom(roots_).waiting) {
    awaited.merge(KeysBelow(node));
  }
  for (const CheckpointObject& object : objects_) {
    if (object.optimizer_of == nullptr || object.optimizer_of->built())
      continue;
    const int node = OptimizerNode(object);
    if (waiting_optimizers_.count(node) > 0) awaited.merge(KeysBelow(node));
  }
  const int counter = graph_.Find(0, kSaveCounter);
  std::vector<std::string> left;
  for (const std::string& key : KeysBelow(0)) {
    if (used_keys_.count(key) > 0 || (awaited.count(key) > 0) != waiting ||
        (counter >= 0 && key == graph_.nodes[counter].tensor)) {
      continue;
    }
    left.push_back(key);
  }
  return left;
}

absl::StatusOr<LazyRestore> LazyRestore::Start(
    std::vector<CheckpointObject> objects,
    std::unique_ptr<CheckpointReader> reader) {
  const std::string graph_key(kObjectGraphKey);
  if (!reader->Contains(graph_key)) {
    return absl::InvalidArgumentError(absl::StrCat(
        reader->prefix(),
        " has no object graph: it was written by names alone, which "
        "LoadWeights() can match"));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                         reader->ReadStrings(graph_key));
  if (texts.size() != 1) {
    return absl::DataLossError(
        absl::StrCat(reader->prefix(), ": not one object graph"));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<TrackableNode> nodes,
                         DecodeTrackableObjectGraph(texts[0]));
  auto state = std::make_shared<State>(std::move(objects), std::move(reader),
                                       ObjectsOf(nodes));
  CAIRN_RETURN_IF_ERROR(state->Start());
  return LazyRestore(std::move(state));
}

RestoreReport LazyRestore::report() const { return state_->Report(); }

std::vector<std::string> LazyRestore::waiting() const {
  return state_->Waiting();
}

absl::Status LazyRestore::AssertExistingObjectsMatched() const {
  state_->Expect();
  const std::vector<std::string> missing = state_->Missing();
  if (missing.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("without a value in the file ", ShortList(missing)));
}

absl::Status LazyRestore::AssertConsumed() const {
  CAIRN_RETURN_IF_ERROR(AssertExistingObjectsMatched());
  const std::vector<std::string> waiting = state_->Waiting();
  if (!waiting.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "values wait for what is not built yet ", ShortList(waiting)));
  }
  const std::vector<std::string> extra = state_->Extra();
  if (extra.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("values that nothing here takes ", ShortList(extra)));
}

const LazyRestore& LazyRestore::ExpectPartial() const {
  state_->Expect();
  return *this;
}

}  // namespace cairn
