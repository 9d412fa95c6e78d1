#include "saving/checkpoint.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "core/training/object_graph_builder.h"
#include "core/training/step_graphs.h"
#include "saving/checkpoint_directory.h"
#include "saving/checkpoint_reader.h"
#include "saving/save.h"
#include "saving/stored_objects.h"
#include "saving/trackable_object_names.h"

namespace cairn {
namespace {

constexpr char kSaveCounterKey[] = "save_counter/.ATTRIBUTES/VARIABLE_VALUE";

// OK if all weights of a layer exist, which a model may make now.
absl::Status CheckBuilt(Layer& layer) {
  if (auto* const model = dynamic_cast<Model*>(&layer)) {
    return model->CheckBuilt();
  }
  if (layer.built()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "its weights do not exist yet: build it, by calling it or by "
      "EnsureBuilt()");
}

// Adds the objects of Checkpoints to a snapshot, each once.
class ContentsSnapshot {
 public:
  explicit ContentsSnapshot(Snapshot& snapshot)
      : snapshot_(snapshot), builder_(snapshot) {}

  // `edges` lead to `node`, which is that of `contents`.
  absl::Status Add(const CheckpointContents& contents, int node,
                   std::vector<std::string> edges) {
    nodes_.emplace(&contents, node);
    for (const CheckpointObject& object : contents.objects) {
      edges.push_back(object.edge);
      CAIRN_RETURN_IF_ERROR(AddObject(object, node, edges));
      edges.pop_back();
    }
    return absl::OkStatus();
  }

 private:
  absl::Status AddObject(const CheckpointObject& object, int parent,
                         const std::vector<std::string>& edges) {
    if (object.checkpoint != nullptr) {
      return AddCheckpoint(*object.checkpoint, parent, edges);
    }
    if (object.stateful != nullptr) {
      if (!stateful_.insert(object.stateful).second) return absl::OkStatus();
      snapshot_.extras[UserStateKey(edges)] = object.stateful->SaveState();
      snapshot_.parts.insert(Part::kExtras);
    } else if (object.variable != nullptr) {
      builder_.AddVariable(parent, object.edge, *object.variable,
                           object.variable->name());
    } else {
      const auto status = object.layer != nullptr
                              ? AddLayer(object, parent)
                              : AddOptimizer(object, parent);
      return Annotate(status,
                      absl::StrCat("\"", absl::StrJoin(edges, "/"), "\""));
    }
    return absl::OkStatus();
  }

  absl::Status AddCheckpoint(const CheckpointContents& contents, int parent,
                             const std::vector<std::string>& edges) {
    const auto known = nodes_.find(&contents);
    if (known != nodes_.end()) {
      builder_.AddEdge(parent, edges.back(), known->second);
      return absl::OkStatus();
    }
    const int node = builder_.AddObject(parent, edges.back(), "Checkpoint");
    if (contents.save_counter.has_value()) {
      builder_.AddValue(node, kSaveCounterEdge, std::string(kSaveCounterEdge),
                        Tensor::Scalar<int64_t>(*contents.save_counter));
    }
    return Add(contents, node, edges);
  }

  absl::Status AddLayer(const CheckpointObject& object, int parent) {
    Layer& layer = *object.layer;
    CAIRN_RETURN_IF_ERROR(CheckBuilt(layer));
    // As Keras names variables: below their layer, but not below a model.
    const bool is_model = dynamic_cast<Model*>(&layer) != nullptr;
    builder_.AddLayer(parent, object.edge, layer,
                      is_model ? "" : absl::StrCat(layer.name(), "/"));
    return absl::OkStatus();
  }

  absl::Status AddOptimizer(const CheckpointObject& object, int parent) {
    Model& model = *object.optimizer_of;
    CAIRN_RETURN_IF_ERROR(CheckBuilt(model));
    CAIRN_ASSIGN_OR_RETURN(const Model::OptimizerState state,
                           model.GetOptimizerState());
    builder_.AddOptimizer(parent, object.edge, model, *state.optimizer,
                          *state.variables);
    return absl::OkStatus();
  }

  Snapshot& snapshot_;
  ObjectGraphBuilder builder_;
  std::map<const CheckpointContents*, int> nodes_;
  std::set<const Stateful*> stateful_;
};

bool LeadsTo(const CheckpointContents& from, const CheckpointContents& to) {
  if (&from == &to) return true;
  return std::any_of(from.objects.begin(), from.objects.end(),
                     [&](const CheckpointObject& object) {
                       return object.checkpoint != nullptr &&
                              LeadsTo(*object.checkpoint, to);
                     });
}

}  // namespace

absl::Status Checkpoint::AddObject(CheckpointObject object) {
  if (object.edge.empty() || object.edge == kSaveCounterEdge) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", object.edge,
                     "\" is no edge for an object; give it another name"));
  }
  if (trackable::IsStructure(object.edge)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", object.edge,
                     "\" is what Keras calls a part of a model; give the "
                     "object another edge"));
  }
  for (const CheckpointObject& other : contents_->objects) {
    if (other.edge != object.edge) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("two objects under the edge \"", object.edge, "\""));
  }
  contents_->objects.push_back(std::move(object));
  return absl::OkStatus();
}

absl::Status Checkpoint::Add(absl::string_view edge,
                             std::shared_ptr<Layer> layer) {
  return AddObject({.edge = std::string(edge), .layer = std::move(layer)});
}

absl::Status Checkpoint::Add(absl::string_view edge,
                             std::shared_ptr<Variable> variable) {
  return AddObject(
      {.edge = std::string(edge), .variable = std::move(variable)});
}

absl::Status Checkpoint::Add(absl::string_view edge, Layer* layer) {
  return Add(edge, std::shared_ptr<Layer>(layer, [](Layer*) {}));
}

absl::Status Checkpoint::Add(absl::string_view edge, Checkpoint* checkpoint) {
  if (LeadsTo(*checkpoint->contents_, *contents_)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", edge, "\": a Checkpoint cannot hold itself or what holds it"));
  }
  return AddObject(
      {.edge = std::string(edge), .checkpoint = checkpoint->contents_});
}

absl::Status Checkpoint::Add(absl::string_view edge, Stateful* object) {
  return AddObject({.edge = std::string(edge), .stateful = object});
}

absl::Status Checkpoint::AddOptimizer(absl::string_view edge, Model* model) {
  CAIRN_RETURN_IF_ERROR(model->GetOptimizerState().status());
  return AddObject({.edge = std::string(edge), .optimizer_of = model});
}

absl::StatusOr<Snapshot> Checkpoint::TakeSnapshot() const {
  Snapshot snapshot{.save_counter = contents_->save_counter.value_or(-1)};
  CAIRN_RETURN_IF_ERROR(ContentsSnapshot(snapshot).Add(
      *contents_, ObjectGraphBuilder::kRoot, {}));
  return snapshot;
}

absl::StatusOr<std::string> Checkpoint::WriteNumbered(
    const std::string& prefix, std::optional<int64_t> number) {
  const std::optional<int64_t> before = contents_->save_counter;
  contents_->save_counter = save_counter() + 1;
  const std::string path =
      absl::StrCat(prefix, "-", number.value_or(save_counter()));
  const absl::Status written = Write(path);
  if (written.ok()) return path;
  contents_->save_counter = before;
  return written;
}

absl::StatusOr<std::string> Checkpoint::Save(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const std::string path,
                         WriteNumbered(prefix, std::nullopt));
  CAIRN_RETURN_IF_ERROR(
      WriteCheckpointState(DirectoryOf(path), {path}, {}, options_));
  return path;
}

absl::Status Checkpoint::Write(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const Snapshot snapshot, TakeSnapshot());
  return WriteSnapshot(snapshot, prefix, options_);
}

absl::StatusOr<LazyRestore> Checkpoint::Read(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<CheckpointReader> reader,
                         CheckpointReader::Open(prefix, *options_.files));
  return LazyRestore::Start(*contents_, std::move(reader));
}

absl::StatusOr<LazyRestore> Checkpoint::Restore(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<CheckpointReader> reader,
                         CheckpointReader::Open(prefix, *options_.files));
  int64_t counter = 0;
  if (reader->Contains(kSaveCounterKey)) {
    CAIRN_ASSIGN_OR_RETURN(counter, ReadSaveCounter(*reader, kSaveCounterKey));
  }
  CAIRN_ASSIGN_OR_RETURN(LazyRestore restore,
                         LazyRestore::Start(*contents_, std::move(reader)));
  contents_->save_counter = counter;
  return restore;
}

}  // namespace cairn
