#include "core/model/model.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "core/training/trainer.h"

namespace cairn {

Model::Model(std::string name) : Layer(std::move(name)) {}
Model::~Model() = default;

absl::Status Model::Compile(const CompileOptions& options) {
  CAIRN_RETURN_IF_ERROR(CheckLayers());
  if (options.loss.empty()) {
    return absl::InvalidArgumentError("Compile() needs a loss");
  }
  CAIRN_ASSIGN_OR_RETURN(trainer_, Trainer::Create(this, options, seed_));
  compiled_ = true;
  return absl::OkStatus();
}

absl::StatusOr<Trainer*> Model::AnyTrainer() {
  CAIRN_RETURN_IF_ERROR(CheckLayers());
  if (trainer_ == nullptr) {
    CAIRN_ASSIGN_OR_RETURN(trainer_, Trainer::Create(this, {}, seed_));
  }
  return trainer_.get();
}

absl::StatusOr<Trainer*> Model::CompiledTrainer(absl::string_view caller) {
  CAIRN_RETURN_IF_ERROR(CheckLayers());
  if (compiled_) return trainer_.get();
  return absl::FailedPreconditionError(
      absl::StrCat(caller, "() needs a compiled model: call Compile() first"));
}

absl::StatusOr<History> Model::Fit(const Batches& data,
                                   const FitOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(Trainer* const trainer, CompiledTrainer("Fit"));
  return trainer->Fit(data, options);
}

absl::StatusOr<Logs> Model::Evaluate(const Batches& data,
                                     const EvaluateOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(Trainer* const trainer, CompiledTrainer("Evaluate"));
  return trainer->Evaluate(data, options);
}

absl::StatusOr<std::vector<Tensor>> Model::Predict(
    const Batches& data, const EvaluateOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(Trainer* const trainer, AnyTrainer());
  return trainer->Predict(data, options);
}

absl::StatusOr<Logs> Model::TrainOnBatch(const Arrays& batch) {
  CAIRN_ASSIGN_OR_RETURN(Trainer* const trainer,
                         CompiledTrainer("TrainOnBatch"));
  return trainer->TrainOnBatch(batch);
}

std::vector<std::shared_ptr<Layer>> Model::layers() const {
  std::vector<std::shared_ptr<Layer>> layers;
  for (const Child& child : children()) layers.push_back(child.layer);
  return layers;
}

absl::StatusOr<std::shared_ptr<Layer>> Model::layer(
    absl::string_view name) const {
  std::vector<std::string> names;
  for (const Child& child : children()) {
    if (child.layer->name() == name) return child.layer;
    names.push_back(child.layer->name());
  }
  return absl::NotFoundError(
      absl::StrCat(Label(), " has no layer \"", name,
                   "\"; its layers: ", absl::StrJoin(names, ", ")));
}

absl::Status Model::set_seed(uint64_t seed) {
  if (built()) {
    return absl::FailedPreconditionError(absl::StrCat(
        Label(), " has its weights already; set the seed before it is built"));
  }
  seed_ = seed;
  if (trainer_ != nullptr) trainer_->SetModelSeed(seed);
  return absl::OkStatus();
}

absl::Status Model::CheckLayers() const { return absl::OkStatus(); }

absl::Status Model::CheckBuilt() {
  if (built()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      Label(),
      " has no weights yet, as the shape of its input is not known: build it "
      "with EnsureBuilt() or give it data first"));
}

absl::StatusOr<Snapshot> Model::TakeSnapshot(const Parts& parts) {
  CAIRN_RETURN_IF_ERROR(CheckBuilt());
  CAIRN_ASSIGN_OR_RETURN(Trainer* const trainer, AnyTrainer());
  return trainer->TakeSnapshot(parts);
}

absl::StatusOr<Snapshot> Model::TakeDetachedSnapshot(const Parts& parts,
                                                     SnapshotBuffers& buffers) {
  CAIRN_RETURN_IF_ERROR(CheckBuilt());
  CAIRN_ASSIGN_OR_RETURN(Trainer* const trainer, AnyTrainer());
  return trainer->TakeDetachedSnapshot(parts, buffers);
}

absl::StatusOr<RestoreReport> Model::Restore(const Snapshot& snapshot,
                                             const RestoreOptions& options) {
  CAIRN_RETURN_IF_ERROR(CheckBuilt());
  CAIRN_ASSIGN_OR_RETURN(Trainer* const trainer, AnyTrainer());
  return trainer->RestoreModel(snapshot, options);
}

absl::StatusOr<Model::OptimizerState> Model::GetOptimizerState() {
  CAIRN_ASSIGN_OR_RETURN(Trainer* const trainer,
                         CompiledTrainer("GetOptimizerState"));
  if (built()) CAIRN_RETURN_IF_ERROR(trainer->MakeOptimizerSlots());
  return OptimizerState{trainer->optimizer(), &trainer->optimizer_variables()};
}

void Model::KeepLearningRate() {
  if (compiled_) trainer_->KeepLearningRate();
}

absl::StatusOr<std::string> Model::DescribeTrainStep(
    const std::vector<BatchField>& fields, int64_t rows) {
  CAIRN_ASSIGN_OR_RETURN(Trainer* const trainer,
                         CompiledTrainer("DescribeTrainStep"));
  return trainer->DescribeTrainStep(fields, rows);
}

}  // namespace cairn
