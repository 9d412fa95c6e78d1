#ifndef CAIRN_CORE_TRAINING_TRAINER_H_
#define CAIRN_CORE_TRAINING_TRAINER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/data/batch_source.h"
#include "core/data/batches.h"
#include "core/graph/graph.h"
#include "core/layer/layer.h"
#include "core/runtime/plan.h"
#include "core/runtime/thread_team.h"
#include "core/training/callback.h"
#include "core/training/compile_options.h"
#include "core/training/fit_options.h"
#include "core/training/progress.h"
#include "core/training/restore.h"
#include "core/training/run_changes.h"
#include "core/training/running_logs.h"
#include "core/training/step_graphs.h"

namespace cairn {

// One compiled model: traces it once per mode, keeps one plan per number of
// rows, drives the epochs and serves callbacks as their TrainingSession. Fit,
// Evaluate, Predict and the like are as in Model, which passes them on.
class Trainer : public TrainingSession {
 public:
  // `model` must outlive the trainer. Names of rules are looked up here.
  // Without a loss the trainer can only predict.
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(
      Layer* model, const CompileOptions& options, uint64_t seed);
  ~Trainer() override;

  absl::StatusOr<History> Fit(const Batches& data, const FitOptions& options);
  absl::StatusOr<Logs> Evaluate(const Batches& data,
                                const EvaluateOptions& options);
  absl::StatusOr<std::vector<Tensor>> Predict(const Batches& data,
                                              const EvaluateOptions& options);
  absl::StatusOr<Logs> TrainOnBatch(const Arrays& batch);

  // Of first values, and of order and random ops of runs that name no other.
  void SetModelSeed(uint64_t seed);
  // Copies weights and, where the snapshot has them, the optimizer's variables.
  // Builds the optimizer's, if the model is built. Nothing else of a run.
  absl::StatusOr<RestoreReport> RestoreModel(const Snapshot& snapshot,
                                             const RestoreOptions& options);
  // The optimizer, and what it keeps: both live as long as the trainer. Null in
  // a trainer that can only predict.
  const Optimizer* optimizer() const { return optimizer_.get(); }
  OptimizerVariables& optimizer_variables() { return optimizer_variables_; }
  // Makes the slots of weights that there are.
  absl::Status MakeOptimizerSlots();
  // Takes notice that the learning rate was restored: one that the optimizer
  // would not choose, such as another program's, is kept.
  void KeepLearningRate();
  // Traces and plans training steps for such batches without running one, and
  // says what the plan does. For tests and people.
  absl::StatusOr<std::string> DescribeTrainStep(
      const std::vector<BatchField>& fields, int64_t rows);

  // As TrainingSession.
  int64_t epoch() const override { return epoch_; }
  int64_t step() const override { return step_; }
  int64_t epochs() const override { return epochs_; }
  bool is_last_step_of_epoch() const override;
  int64_t step_in_epoch() const override {
    return epoch_ended_ ? 0 : step_in_epoch_;
  }
  int64_t epochs_done() const override {
    return epoch_ended_ ? epoch_ + 1 : epoch_;
  }
  bool step_is_whole() const override { return step_is_whole_; }
  uint64_t seed() const override { return seed_; }
  int64_t batch_size() const override;
  const std::string& run_id() const override { return run_id_; }
  bool has_validation() const override;
  std::vector<std::string> log_names() const override;
  bool evaluating() const override { return evaluating_; }
  RunTimes times() const override;
  bool dry_run() const override;
  float learning_rate() const override;
  void set_learning_rate(float rate) override;
  void RequestStop() override { stop_requested_ = true; }
  bool stop_requested() const override { return stop_requested_; }
  const absl::Status& status() const override { return status_; }
  absl::StatusOr<std::optional<Logs>> Validate() override;
  absl::StatusOr<Snapshot> TakeSnapshot(const Parts& parts) override;
  absl::StatusOr<Snapshot> TakeDetachedSnapshot(
      const Parts& parts, SnapshotBuffers& buffers) override;
  absl::StatusOr<RestoreReport> Restore(const Snapshot& snapshot,
                                        const RestoreOptions& options) override;
  bool is_restored() const override;

 private:
  enum class Mode { kTrain, kTest, kPredict };

  // By which a layer that was given something is told from what it was.
  struct LayerContent {
    const Layer* layer = nullptr;
    size_t weights = 0, children = 0;
    bool operator==(const LayerContent&) const = default;
  };
  // Of `layer` and all below it.
  static void ListContents(const Layer& layer,
                           std::vector<LayerContent>& contents);
  // Whether that list, from `place` on, is what ListContents() would make of
  // `layer`. `place` is then behind it.
  static bool HasContents(const Layer& layer,
                          const std::vector<LayerContent>& contents,
                          size_t& place);

  struct ModePlans {
    std::optional<Graph> graph;
    std::map<int64_t, std::unique_ptr<Plan>> by_rows;
    // The plan of a whole batch, which of its inputs a batch is read into, and
    // their memory.
    Plan* whole = nullptr;
    std::vector<int> inputs;
    std::vector<absl::Span<std::byte>> destinations;
  };

  Trainer(Layer* model, const CompileOptions& options, uint64_t seed);

  // Makes weights, slots and totals for such data, or finds them made. A change
  // of the fields traces anew.
  absl::Status Prepare(const std::vector<BatchField>& fields, bool with_loss);
  absl::Status MakeLogs(const std::vector<BatchField>& fields);
  StepParts MakeStepParts() const;
  absl::StatusOr<Plan*> FindPlan(Mode mode, int64_t rows);
  // Finds the plan of a whole batch and where such batches are read into.
  absl::Status PlanWholeBatch(Mode mode, const BatchSource& source);
  // Returns when the next batch is there or a stop is requested. Callbacks are
  // called meanwhile.
  absl::Status AwaitBatch(Mode mode, BatchSource& source,
                          const std::vector<Callback*>& callbacks);
  // Reads the next batch into a plan's inputs and runs it. Returns the rows, or
  // 0 at the end of the epoch. `ran` is the plan that ran.
  absl::StatusOr<int64_t> RunNextBatch(Mode mode, BatchSource& source,
                                       Plan** ran);

  // Calls a hook of each. Within Fit() that is the time of its callbacks.
  template <typename Hook, typename... Arguments>
  absl::Status Call(const std::vector<Callback*>& callbacks, Hook hook,
                    const Arguments&... arguments);

  // The parts of Fit().
  absl::Status FitRun(const FitOptions& options);
  absl::Status BeginRun(const FitOptions& options);
  absl::Status FitEpochs(const FitOptions& options);
  absl::Status FitEpoch(const FitOptions& options, Verbosity verbosity);
  // Trains until the epoch's batches are done, or until a stop.
  absl::Status TrainEpoch(const FitOptions& options, Progress& progress);
  absl::Status EndEpoch();
  int64_t BatchesPerEpoch() const;

  struct TestResult {
    bool whole = false;  // No stop was requested before the last batch.
    int64_t done = 0, total = 0;
    Logs logs;
  };
  // Calls all hooks but OnTestEnd().
  absl::StatusOr<TestResult> RunTest(BatchSource& source,
                                     const std::vector<Callback*>& callbacks,
                                     int64_t most_batches, Verbosity verbosity);
  // Calls all hooks but OnPredictEnd().
  absl::StatusOr<std::vector<Tensor>> RunPredict(
      BatchSource& source, const std::vector<Callback*>& callbacks,
      Verbosity verbosity);
  absl::Status MakeTrainFeed(const Batches& data, const FitOptions& options);
  absl::Status MakeValidationFeed(const Batches& data,
                                  const FitOptions& options);
  void WarnOfBadLoss();

  void SetSeed(uint64_t seed);
  std::string MakeRunId(const FitOptions& options) const;

  // The optimizer's rate for the next step, or for one before it.
  float ScheduledRate(int64_t steps_back) const;
  void ApplySchedule();
  void AssignRate(float rate);

  struct Backup;
  struct SavedRun;
  // Copies of all that a restored run or a dry run changes.
  Backup MakeBackup() const;
  void PutBack(const Backup& backup);

  // The parts of Restore().
  std::vector<RunChange> FindRunChanges(const Snapshot& snapshot,
                                        const SavedRun& run) const;
  absl::Status RestoreRun(const Snapshot& snapshot, const SavedRun& run,
                          const std::vector<RunChange>& changes);
  absl::Status RestorePosition(const Snapshot& snapshot, const SavedRun& run,
                               const std::vector<RunChange>& changes);
  // Says what is not as it was: in the report, and in warnings.
  void ReportChanges(const Snapshot& snapshot, const SavedRun& run,
                     const std::vector<RunChange>& changes,
                     const RestoreOptions& options,
                     RestoreReport& report) const;
  // Callbacks and the user's objects take their states.
  absl::Status RestoreStates(const std::map<std::string, State>& extras);
  State RunExtras() const;
  Config MakeCompileConfig() const;
  // Architecture, objects, weights and optimizer of a snapshot: what stays the
  // same while no weight is added.
  absl::StatusOr<Snapshot> TakeLastingSnapshot(const Parts& parts);
  // The data that Fit() was given, as far as a run depends on it.
  Config DataConfig() const;

  Layer* const model_;
  const CompileOptions options_;
  std::shared_ptr<const Optimizer> optimizer_;
  std::shared_ptr<const Loss> loss_;
  std::vector<std::pair<std::string, std::shared_ptr<const Metric>>> metrics_;
  SharedValue<Config> compile_config_;  // Of the three.
  ThreadTeam team_;

  uint64_t model_seed_;  // Of first values, and of a run that names none.
  uint64_t seed_;        // Of order and random ops.
  OptimizerVariables optimizer_variables_;
  std::shared_ptr<Variable> random_counter_;
  std::optional<RunningLogs> train_logs_, test_logs_;
  std::vector<BatchField> fields_;
  std::map<Mode, ModePlans> plans_;

  // Of the run.
  int64_t epoch_ = 0, step_ = 0, epochs_ = 0;
  int64_t step_in_epoch_ = 0;
  bool step_is_whole_ = true;
  bool epoch_trained_ = false;  // All of its steps are done.
  bool epoch_ended_ = false;    // And is validated; the next has not begun.
  bool evaluating_ = false;
  // Whether the rate is the user's or a callback's and not the optimizer's.
  bool rate_is_set_ = false;
  std::string run_id_;
  bool stop_requested_ = false;
  absl::Status status_;
  bool warned_of_bad_loss_ = false;
  History history_;

  // The last TakeLastingSnapshot(), and the layers that it is of.
  Snapshot lasting_;
  std::vector<LayerContent> lasting_layers_;

  class Interlude;

  // While Fit() runs.
  struct FitState;
  std::unique_ptr<FitState> fit_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_TRAINER_H_
