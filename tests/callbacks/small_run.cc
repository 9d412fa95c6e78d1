#include "tests/callbacks/small_run.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/io/file_system.h"
#include "core/model/input_layer.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "optimizers/adam.h"
#include "saving/temporary_name.h"
#include "tests/support/format_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

Tensor MakeInputs(int64_t rows, int seed) {
  Tensor x = Tensor::Zeros({DType::kFloat32, {rows, 4}});
  const absl::Span<float> values = x.mutable_values<float>();
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>((i * 7 + seed) % 11) / 8 - 0.5f;
  }
  return x;
}

Tensor MakeLabels(int64_t rows) {
  Tensor y = Tensor::Zeros({DType::kInt32, {rows}});
  const absl::Span<int32_t> values = y.mutable_values<int32_t>();
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<int32_t>(i * i % 3);
  }
  return y;
}

}  // namespace

std::shared_ptr<Sequential> MakeSmallModel(const SmallRun& run) {
  auto model = std::make_shared<Sequential>("small");
  model->Add<InputLayer>({.shape = {4}});
  model->Add<Dense>(
      {.units = run.units, .activation = "relu", .name = "hidden"});
  model->Add<Dropout>({.rate = 0.25});
  model->Add<Dense>({.units = 3, .activation = "softmax", .name = "out"});
  EXPECT_TRUE(IsOk(model->set_seed(7)));
  EXPECT_TRUE(IsOk(
      model->Compile({.optimizer = Adam({.learning_rate = run.learning_rate}),
                      .loss = "sparse_categorical_crossentropy",
                      .metrics = {"accuracy"},
                      .threads = 1})));
  return model;
}

Batches SmallValidationData() {
  return Batches(MakeInputs(5, 3), MakeLabels(5));
}

SmallRunResult Train(FileSystem& files, const SmallRun& run) {
  return TrainIn(MakeSmallModel(run), files, run);
}

SmallRunResult TrainIn(std::shared_ptr<Sequential> model, FileSystem& files,
                       const SmallRun& run) {
  ModelCheckpointOptions options = run.checkpoint;
  if (options.save.files == &FileSystem::Default()) {
    options.save.files = &files;
  }
  ModelCheckpoint checkpoint(options);
  HookCallback before(run.before), after(run.after);
  FitOptions fit{.epochs = run.epochs,
                 .batch_size = run.batch_size,
                 .verbose = 0,
                 .seed = run.seed,
                 .callbacks = {&before, &checkpoint, &after},
                 .dry_run = run.dry_run};
  fit.callbacks.insert(fit.callbacks.end(), run.others.begin(),
                       run.others.end());
  if (run.validates) fit.validation_data = SmallValidationData();
  const auto history = model->Fit(MakeInputs(10, 1), MakeLabels(10), fit);
  SmallRunResult result{.status = history.status(),
                        .resumed = checkpoint.resumed(),
                        .kept = checkpoint.checkpoints(),
                        .best = checkpoint.best_checkpoint(),
                        .totals = checkpoint.totals(),
                        .model = std::move(model)};
  if (history.ok()) result.history = history->ToConfig().ToJson();
  result.values = ValuesOf(*result.model);
  return result;
}

bool IsOfSpare(const std::string& operation) {
  const std::vector<std::string> words = absl::StrSplit(operation, ' ');
  return words[0] == "ReuseFile" ||
         ((words[0] == "Rename" || words[0] == "Remove") &&
          IsTemporaryName(words.back()) &&
          // Of the look at the folder before the run.
          BaseName(words.back()) != ".writable.tmp-1");
}

bool GivesSpareBack(const std::string& operation) {
  return absl::StartsWith(operation, "Remove ") && IsOfSpare(operation);
}

std::string ValuesOf(Model& model) {
  const auto snapshot = model.TakeSnapshot({Part::kWeights, Part::kOptimizer});
  EXPECT_TRUE(IsOk(snapshot));
  return snapshot.ok() ? DescribeValues(*snapshot) : "";
}

SmallRun SteadyRun() {
  return {.checkpoint = {.directory = "run",
                         .every = EverySteps(2),
                         .keep_last = 2,
                         .resume = Resume::kAuto}};
}

std::vector<std::string> Prefixes(const FaultFileSystem& files) {
  std::vector<std::string> prefixes;
  for (const auto& [path, content] : files.Contents()) {
    if (!absl::EndsWith(path, ".index")) continue;
    prefixes.push_back(path.substr(0, path.size() - 6));
  }
  return prefixes;
}

HookCallback::Function StopAfterStep(int64_t step) {
  return
      [step](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end" && session.step() == step) {
          session.RequestStop();
        }
        return absl::OkStatus();
      };
}

std::map<std::string, std::string> FilesWithoutTimes(
    const FaultFileSystem& files) {
  std::map<std::string, std::string> contents = files.Contents();
  for (auto& [path, content] : contents) {
    if (BaseName(path) != "checkpoint") continue;
    std::vector<std::string> kept;
    for (const absl::string_view line : absl::StrSplit(content, '\n')) {
      if (!absl::StrContains(line, "timestamp")) kept.emplace_back(line);
    }
    content = absl::StrJoin(kept, "\n");
  }
  return contents;
}

}  // namespace cairn
