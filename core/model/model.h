#ifndef CAIRN_CORE_MODEL_MODEL_H_
#define CAIRN_CORE_MODEL_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/data/batches.h"
#include "core/layer/layer.h"
#include "core/training/compile_options.h"
#include "core/training/fit_options.h"
#include "core/training/history.h"
#include "core/training/restore_options.h"
#include "core/training/snapshot.h"

namespace cairn {

class Optimizer;
class Trainer;
struct OptimizerVariables;

// A layer that can be trained. Used by one thread at a time.
class Model : public Layer {
 public:
  ~Model() override;

  // Sets what training does; nothing of an earlier one is kept but the weights.
  // InvalidArgument, with the known names, if one is unknown.
  absl::Status Compile(const CompileOptions& options);
  bool compiled() const { return compiled_; }

  // Trains for options.epochs epochs. Inputs are one row per sample; the model
  // is built from them if it is not. FailedPrecondition before Compile(). After
  // an error the weights are those of the last step that succeeded.
  absl::StatusOr<History> Fit(const Batches& data,
                              const FitOptions& options = {});
  absl::StatusOr<History> Fit(const Tensor& x, const Tensor& y,
                              const FitOptions& options = {}) {
    return Fit(Batches(x, y), options);
  }
  // The loss and the metrics over all of the data.
  absl::StatusOr<Logs> Evaluate(const Batches& data,
                                const EvaluateOptions& options = {});
  absl::StatusOr<Logs> Evaluate(const Tensor& x, const Tensor& y,
                                const EvaluateOptions& options = {}) {
    return Evaluate(Batches(x, y), options);
  }
  // Each output for all of the data. Needs no Compile().
  absl::StatusOr<std::vector<Tensor>> Predict(
      const Batches& data, const EvaluateOptions& options = {});
  // One step on exactly these samples. Returns their loss and metrics.
  absl::StatusOr<Logs> TrainOnBatch(const Arrays& batch);

  // The children, in the order they were added.
  std::vector<std::shared_ptr<Layer>> layers() const;
  // Returns NotFound with the names there are.
  absl::StatusOr<std::shared_ptr<Layer>> layer(absl::string_view name) const;

  // Keys first values and, unless FitOptions says otherwise, order and random
  // ops. FailedPrecondition once the model is built.
  absl::Status set_seed(uint64_t seed);
  uint64_t seed() const { return seed_; }

  // Weights and whatever `parts` asks for and there is. The tensors alias live
  // memory.
  absl::StatusOr<Snapshot> TakeSnapshot(const Parts& parts);
  // One that later training does not change: its tensors are copied into
  // `buffers`, as by Snapshot::Detach() and with what that requires.
  absl::StatusOr<Snapshot> TakeDetachedSnapshot(const Parts& parts,
                                                SnapshotBuffers& buffers);
  // Copies values into the variables: all, or, on error, none.
  absl::StatusOr<RestoreReport> Restore(const Snapshot& snapshot,
                                        const RestoreOptions& options = {});
  // The compiled optimizer and what it keeps, with all slots if the model is
  // built. Good until the model is compiled anew. FailedPrecondition before
  // Compile(). For saving and restoring it apart from the model.
  struct OptimizerState {
    const Optimizer* optimizer = nullptr;
    OptimizerVariables* variables = nullptr;
  };
  absl::StatusOr<OptimizerState> GetOptimizerState();
  // To be called after the learning rate in there was restored: one that the
  // optimizer would not choose itself is then kept.
  void KeepLearningRate();

  // OK if all weights exist; FailedPrecondition with what to do if not. A model
  // that knows its input's shape builds itself here.
  virtual absl::Status CheckBuilt();

  // The kernels of a training step on `rows` such samples. For tests and
  // people.
  absl::StatusOr<std::string> DescribeTrainStep(
      const std::vector<BatchField>& fields, int64_t rows);

 protected:
  explicit Model(std::string name = "");

  // Whether the model was described without a fault.
  virtual absl::Status CheckLayers() const;

 private:
  // The trainer, or one that can only predict.
  absl::StatusOr<Trainer*> AnyTrainer();
  // FailedPrecondition, for a caller of that name, before Compile().
  absl::StatusOr<Trainer*> CompiledTrainer(absl::string_view caller);

  uint64_t seed_ = 0;
  std::unique_ptr<Trainer> trainer_;
  bool compiled_ = false;
};

}  // namespace cairn

#endif  // CAIRN_CORE_MODEL_MODEL_H_
