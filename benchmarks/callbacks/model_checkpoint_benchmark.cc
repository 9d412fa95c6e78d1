// How much training waits for its checkpoints: 200 steps of mlp512 at batch
// 128 by Fit(), without checkpoints and with one after every 100 steps. Reports
// steps per second, saves included, and how long each save holds up the step
// after it.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "benchmark/benchmark.h"
#include "benchmarks/inputs.h"
#include "benchmarks/models.h"
#include "benchmarks/report_error.h"
#include "benchmarks/temporary_folder.h"
#include "callbacks/model_checkpoint.h"
#include "core/base/status_macros.h"
#include "core/data/rescale.h"
#include "core/data/take.h"
#include "core/data/tensor_samples.h"

namespace cairn {
namespace {

constexpr int64_t kBatch = 128, kStepsPerEpoch = 100, kEpochs = 2;

// Notes how long its saves take.
class TimedCheckpoint : public ModelCheckpoint {
 public:
  explicit TimedCheckpoint(ModelCheckpointOptions options)
      : ModelCheckpoint(std::move(options)) {}

  absl::Status OnTrainBatchEnd(TrainingSession& session,
                               const Logs& logs) override {
    const std::vector<std::string> before = checkpoints();
    const absl::Time begin = absl::Now();
    CAIRN_RETURN_IF_ERROR(ModelCheckpoint::OnTrainBatchEnd(session, logs));
    if (checkpoints() == before) return absl::OkStatus();
    waited_ += absl::Now() - begin;
    ++saves_;
    return absl::OkStatus();
  }
  absl::Duration waited() const { return waited_; }
  int saves() const { return saves_; }

 private:
  absl::Duration waited_ = absl::ZeroDuration();
  int saves_ = 0;
};

absl::Status MeasureFits(benchmark::State& state,
                         const std::optional<SaveOptions>& save) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<Sequential> model,
                         MakeBenchmarkModel("mlp512"));
  CAIRN_RETURN_IF_ERROR(CompileBenchmarkModel(*model, /*threads=*/1));
  constexpr int64_t kImages = kBatch * kStepsPerEpoch;
  CAIRN_ASSIGN_OR_RETURN(SamplesPointer images,
                         FromTensors({{"", RandomBytes({kImages, 784})}},
                                     {{"", RandomLabels(kImages)}}));
  images = Rescale(images, 1 / 255.0, {784});
  FitOptions options = {.batch_size = kBatch, .verbose = 0};
  // The plan is made before anything is measured.
  CAIRN_RETURN_IF_ERROR(model->Fit(Take(images, kBatch), options).status());
  options.epochs = kEpochs;
  CAIRN_ASSIGN_OR_RETURN(const TemporaryFolder folder,
                         TemporaryFolder::Create());
  absl::Duration waited = absl::ZeroDuration();
  int saves = 0, runs = 0;
  for (auto _ : state) {
    // A run of its own each time, so that it has a folder to itself.
    std::optional<TimedCheckpoint> checkpoint;
    if (save.has_value()) {
      checkpoint.emplace(ModelCheckpointOptions{
          .directory = absl::StrCat(folder.path(), "/", runs++),
          .every = EverySteps(100),
          .keep_last = 1,
          .save = *save});
      options.callbacks = {&*checkpoint};
    }
    CAIRN_RETURN_IF_ERROR(model->Fit(images, options).status());
    if (!checkpoint.has_value()) continue;
    waited += checkpoint->waited();
    saves += checkpoint->saves();
  }
  using benchmark::Counter;
  state.counters["steps_per_s"] =
      Counter(kStepsPerEpoch * kEpochs, Counter::kIsIterationInvariantRate);
  if (saves > 0) {
    state.counters["ms_per_save"] = absl::ToDoubleMilliseconds(waited) / saves;
  }
  return absl::OkStatus();
}

void BM_FitWithoutCheckpoints(benchmark::State& state) {
  ReportError(state, MeasureFits(state, std::nullopt));
}
BENCHMARK(BM_FitWithoutCheckpoints)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Checkpoints that would outlive a power cut.
void BM_FitWithCheckpoints(benchmark::State& state) {
  ReportError(state, MeasureFits(state, SaveOptions{.durability =
                                                        Durability::kCommit}));
}
BENCHMARK(BM_FitWithCheckpoints)->UseRealTime()->Unit(benchmark::kMillisecond);

// Checkpoints that would outlive only a crash of the program.
void BM_FitWithUnsyncedCheckpoints(benchmark::State& state) {
  ReportError(state,
              MeasureFits(state, SaveOptions{.durability = Durability::kNone}));
}
BENCHMARK(BM_FitWithUnsyncedCheckpoints)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn
