#include "saving/checkpoint.h"

#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "core/training/object_graph_builder.h"
#include "core/training/step_graphs.h"
#include "saving/checkpoint_directory.h"
#include "saving/checkpoint_reader.h"
#include "saving/save.h"

namespace cairn {
namespace {

constexpr char kSaveCounter[] = "save_counter";
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

}  // namespace

absl::Status Checkpoint::CheckEdge(absl::string_view edge) const {
  if (edge.empty() || edge == kSaveCounter) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", edge, "\" is no edge for an object; give it another name"));
  }
  for (const CheckpointObject& object : objects_) {
    if (object.edge != edge) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("two objects under the edge \"", edge, "\""));
  }
  return absl::OkStatus();
}

absl::Status Checkpoint::Add(absl::string_view edge,
                             std::shared_ptr<Layer> layer) {
  CAIRN_RETURN_IF_ERROR(CheckEdge(edge));
  objects_.push_back({.edge = std::string(edge), .layer = std::move(layer)});
  return absl::OkStatus();
}

absl::Status Checkpoint::Add(absl::string_view edge,
                             std::shared_ptr<Variable> variable) {
  CAIRN_RETURN_IF_ERROR(CheckEdge(edge));
  objects_.push_back(
      {.edge = std::string(edge), .variable = std::move(variable)});
  return absl::OkStatus();
}

absl::Status Checkpoint::Add(absl::string_view edge, Layer* layer) {
  return Add(edge, std::shared_ptr<Layer>(layer, [](Layer*) {}));
}

absl::Status Checkpoint::AddOptimizer(absl::string_view edge, Model* model) {
  CAIRN_RETURN_IF_ERROR(CheckEdge(edge));
  CAIRN_RETURN_IF_ERROR(model->GetOptimizerState().status());
  objects_.push_back({.edge = std::string(edge), .optimizer_of = model});
  return absl::OkStatus();
}

absl::StatusOr<Snapshot> Checkpoint::TakeSnapshot() const {
  Snapshot snapshot{.save_counter = save_counter_.value_or(-1)};
  ObjectGraphBuilder builder(snapshot);
  for (const CheckpointObject& object : objects_) {
    Layer* const layer = object.layer != nullptr
                             ? object.layer.get()
                             : static_cast<Layer*>(object.optimizer_of);
    if (layer != nullptr) {
      CAIRN_RETURN_IF_ERROR(
          Annotate(CheckBuilt(*layer), absl::StrCat("\"", object.edge, "\"")));
    }
    if (object.layer != nullptr) {
      // As Keras names variables: below their layer, but not below a model.
      const bool is_model = dynamic_cast<Model*>(layer) != nullptr;
      builder.AddLayer(object.edge, *layer,
                       is_model ? "" : absl::StrCat(layer->name(), "/"));
    } else if (object.variable != nullptr) {
      builder.AddVariable(object.edge, *object.variable,
                          object.variable->name());
    } else {
      CAIRN_ASSIGN_OR_RETURN(const Model::OptimizerState state,
                             object.optimizer_of->GetOptimizerState());
      builder.AddOptimizer(object.edge, *object.optimizer_of, *state.optimizer,
                           *state.variables);
    }
  }
  return snapshot;
}

absl::StatusOr<std::string> Checkpoint::WriteNumbered(
    const std::string& prefix, std::optional<int64_t> number) {
  const std::optional<int64_t> before = save_counter_;
  save_counter_ = save_counter() + 1;
  const std::string path =
      absl::StrCat(prefix, "-", number.value_or(*save_counter_));
  const absl::Status written = Write(path);
  if (written.ok()) return path;
  save_counter_ = before;
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
  return LazyRestore::Start(objects_, std::move(reader));
}

absl::StatusOr<LazyRestore> Checkpoint::Restore(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<CheckpointReader> reader,
                         CheckpointReader::Open(prefix, *options_.files));
  int64_t counter = 0;
  if (reader->Contains(kSaveCounterKey)) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor value,
                           reader->ReadTensor(kSaveCounterKey));
    if (value.spec() != TensorSpec{DType::kInt64, {}} ||
        value.values<int64_t>()[0] < 0) {
      return absl::DataLossError(absl::StrCat(
          reader->prefix(), ": save_counter is no count of saves"));
    }
    counter = value.values<int64_t>()[0];
  }
  CAIRN_ASSIGN_OR_RETURN(LazyRestore restore,
                         LazyRestore::Start(objects_, std::move(reader)));
  save_counter_ = counter;
  return restore;
}

}  // namespace cairn
