// Which checkpoints a ModelCheckpoint keeps, and which is the best.
#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "callbacks/model_checkpoint.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;
using Strings = std::vector<std::string>;

// The losses of a run's epochs, as the checkpoints of an equal run say them.
std::vector<double> LossesOf(int64_t epochs) {
  FaultFileSystem files;
  SmallRun run{.epochs = epochs};
  run.checkpoint.keep_last = 0;
  EXPECT_TRUE(IsOk(Train(files, run).status));
  const auto all = ListCheckpoints("run", files);
  EXPECT_TRUE(IsOk(all));
  std::vector<double> losses;
  for (const CheckpointSummary& one : *all) {
    losses.push_back(FindLog(one.metrics, "val_loss"));
  }
  return losses;
}

// The steps of the epochs' ends, the best first.
std::vector<int64_t> RankedSteps(const std::vector<double>& losses) {
  std::vector<int64_t> steps;
  for (size_t i = 0; i < losses.size(); ++i) {
    steps.push_back(kStepsPerEpoch * (static_cast<int64_t>(i) + 1));
  }
  std::stable_sort(steps.begin(), steps.end(), [&](int64_t a, int64_t b) {
    return losses[a / kStepsPerEpoch - 1] < losses[b / kStepsPerEpoch - 1];
  });
  return steps;
}

std::string Prefix(int64_t step) { return absl::StrCat("run/ckpt-", step); }

TEST(ModelCheckpointBestTest, TheBestIsNeverRotatedAway) {
  const std::vector<int64_t> ranked = RankedSteps(LossesOf(8));
  FaultFileSystem files;
  SmallRun run{.epochs = 8};
  run.checkpoint.monitor = "val_loss";
  run.checkpoint.keep_last = 1;
  const auto result = Train(files, run);
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.best, Prefix(ranked[0]));
  Strings expected = {Prefix(ranked[0])};
  if (ranked[0] != 24) expected.push_back(Prefix(24));
  EXPECT_EQ(result.kept, expected);
  EXPECT_EQ(*BestCheckpoint("run", "", files), Prefix(ranked[0]));
  EXPECT_EQ(*LatestCheckpoint("run", files), Prefix(24));
}

TEST(ModelCheckpointBestTest, KeepsTheBestFewInBothDirections) {
  const std::vector<int64_t> ranked = RankedSteps(LossesOf(8));
  for (const MonitorMode mode : {MonitorMode::kMin, MonitorMode::kMax}) {
    FaultFileSystem files;
    SmallRun run{.epochs = 8};
    run.checkpoint.monitor = "val_loss";
    run.checkpoint.mode = mode;
    run.checkpoint.keep_last = 1;
    run.checkpoint.keep_best = 3;
    const auto result = Train(files, run);
    ASSERT_TRUE(IsOk(result.status));
    std::set<std::string> expected = {Prefix(24)};
    for (int i = 0; i < 3; ++i) {
      expected.insert(
          Prefix(mode == MonitorMode::kMin ? ranked[i] : ranked[7 - i]));
    }
    EXPECT_EQ(std::set<std::string>(result.kept.begin(), result.kept.end()),
              expected);
  }
}

TEST(ModelCheckpointBestTest, SaveBestOnlySavesWhatIsBetterThanAllBefore) {
  const std::vector<double> losses = LossesOf(8);
  Strings expected;
  double best = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < losses.size(); ++i) {
    if (losses[i] >= best) continue;
    best = losses[i];
    expected.push_back(Prefix(kStepsPerEpoch * (static_cast<int64_t>(i) + 1)));
  }
  FaultFileSystem files;
  SmallRun run{.epochs = 8};
  run.checkpoint.save_best_only = true;
  run.checkpoint.keep_last = 0;
  EXPECT_EQ(Train(files, run).kept, expected);
  // A threshold that nothing is better than leaves nothing to save.
  FaultFileSystem none;
  run.checkpoint.initial_value_threshold = best;
  EXPECT_EQ(Train(none, run).kept, Strings{});
}

TEST(ModelCheckpointBestTest, OnBestSavesWhenAnEpochIsBetter) {
  const std::vector<double> losses = LossesOf(8);
  FaultFileSystem files;
  SmallRun run{.epochs = 8};
  run.checkpoint.every = AnyOf({EveryEpochs(4), OnBest()});
  run.checkpoint.keep_last = 0;
  Strings expected;
  double best = std::numeric_limits<double>::infinity();
  for (int64_t epoch = 1; epoch <= 8; ++epoch) {
    const double loss = losses[epoch - 1];
    if (loss < best || epoch % 4 == 0) {
      expected.push_back(Prefix(kStepsPerEpoch * epoch));
    }
    best = std::min(best, loss);
  }
  EXPECT_EQ(Train(files, run).kept, expected);
}

TEST(ModelCheckpointBestTest, TheEndOfTrainingCanBeTheBest) {
  const std::vector<double> losses = LossesOf(5);
  // Of the epochs 4 and 5, which are saved, the last is the best.
  ASSERT_NE(losses[3], losses[4]);
  const bool is_less = losses[4] < losses[3];
  const std::string last = absl::StrFormat("run/cp-5-%.4f", losses[4]);
  for (const bool best_only : {false, true}) {
    for (const bool stopped : {false, true}) {
      FaultFileSystem files;
      SmallRun run{.epochs = stopped ? 6 : 5};
      run.checkpoint = {.path = "run/cp-{epoch}-{val_loss:.4f}",
                        .every = EveryEpochs(4),
                        .monitor = "val_loss",
                        .mode = is_less ? MonitorMode::kMin : MonitorMode::kMax,
                        .save_best_only = best_only};
      run.after = [&](const std::string& hook, TrainingSession& session,
                      const Logs&) {
        if (hook == "on_epoch_end" && session.step() == 15) {
          session.RequestStop();
        }
        return absl::OkStatus();
      };
      const auto result = Train(files, run);
      ASSERT_TRUE(IsOk(result.status));
      EXPECT_EQ(result.best, last);
      EXPECT_EQ(result.kept.back(), last);
      EXPECT_EQ(*BestCheckpoint("run", "", files), last);
    }
  }
}

TEST(ModelCheckpointBestTest, TheEndOfTrainingIsLeftOutIfItIsNotTheBest) {
  const std::vector<double> losses = LossesOf(5);
  ASSERT_NE(losses[3], losses[4]);
  const bool is_less = losses[4] < losses[3];
  FaultFileSystem files;
  SmallRun run{.epochs = 5};
  run.checkpoint.every = EveryEpochs(4);
  run.checkpoint.monitor = "val_loss";
  run.checkpoint.mode = is_less ? MonitorMode::kMax : MonitorMode::kMin;
  run.checkpoint.save_best_only = true;
  const auto result = Train(files, run);
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.kept, Strings{Prefix(12)});
}

TEST(ModelCheckpointBestTest, TheBestIsKnownAfterAResume) {
  const std::vector<double> losses = LossesOf(8);
  const std::vector<int64_t> ranked = RankedSteps(losses);
  for (int64_t stop = 1; stop < 8 * kStepsPerEpoch; stop += 4) {
    FaultFileSystem files, unbroken_files;
    SmallRun run{.epochs = 8,
                 .checkpoint = {.directory = "run",
                                .monitor = "val_loss",
                                .keep_last = 1,
                                .resume = Resume::kAuto}};
    const auto unbroken = Train(unbroken_files, run);
    SmallRun stopped = run;
    stopped.before = StopAfterStep(stop);
    ASSERT_TRUE(IsOk(Train(files, stopped).status));
    const auto resumed = Train(files, run);
    ASSERT_TRUE(IsOk(resumed.status));
    EXPECT_EQ(resumed.best, Prefix(ranked[0]));
    EXPECT_EQ(resumed.kept, unbroken.kept) << "stopped after step " << stop;
    EXPECT_EQ(FilesWithoutTimes(files), FilesWithoutTimes(unbroken_files));
  }
}

TEST(ModelCheckpointBestTest, AFreshRunForgetsTheBestOfTheOneBefore) {
  ModelCheckpointOptions options{.directory = "run", .monitor = "val_loss"};
  FaultFileSystem files;
  options.save.files = &files;
  ModelCheckpoint checkpoint(options);
  ASSERT_TRUE(IsOk(
      checkpoint.RestoreState({.values = Config::Object{{"monitor", "val_loss"},
                                                        {"mode", "min"},
                                                        {"value", -5.0},
                                                        {"best", -5.0},
                                                        {"best_step", 1}}})));
  const auto model = MakeSmallModel({});
  const Tensor x = Tensor::Zeros({DType::kFloat32, {10, 4}});
  const Tensor y = Tensor::Zeros({DType::kInt32, {10}});
  ASSERT_TRUE(IsOk(model->Fit(x, y,
                              {.epochs = 1,
                               .batch_size = 4,
                               .validation_data = Batches(x, y),
                               .verbose = 0,
                               .callbacks = {&checkpoint}})));
  EXPECT_NE(checkpoint.best_checkpoint(), "");
}

TEST(ModelCheckpointBestTest, TwoOfAKindKeepTheirStatesApart) {
  FaultFileSystem files;
  const auto train = [&](int64_t epochs, Resume resume) {
    ModelCheckpoint newest({.directory = "run",
                            .keep_last = 2,
                            .resume = resume,
                            .save = {.files = &files}});
    ModelCheckpoint best({.path = "best/cp-{epoch}",
                          .monitor = "val_loss",
                          .save_best_only = true,
                          .keep_last = 1,
                          .other_runs = OtherRuns::kReplace,
                          .save = {.files = &files}});
    ModelCheckpoint worst({.path = "worst/cp-{epoch}",
                           .monitor = "val_loss",
                           .mode = MonitorMode::kMax,
                           .save_best_only = true,
                           .keep_last = 1,
                           .other_runs = OtherRuns::kReplace,
                           .save = {.files = &files}});
    const auto model = MakeSmallModel({});
    Tensor x = Tensor::Zeros({DType::kFloat32, {10, 4}});
    for (int i = 0; i < 40; ++i) x.mutable_values<float>()[i] = i % 7 / 7.0f;
    Tensor y = Tensor::Zeros({DType::kInt32, {10}});
    for (int i = 0; i < 10; ++i) y.mutable_values<int32_t>()[i] = i % 3;
    EXPECT_TRUE(IsOk(model->Fit(x, y,
                                {.epochs = epochs,
                                 .batch_size = 4,
                                 .validation_data = Batches(x, y),
                                 .verbose = 0,
                                 .callbacks = {&newest, &best, &worst}})));
    return std::make_pair(best.SaveState().values.ToJson(),
                          worst.SaveState().values.ToJson());
  };
  const auto broken_off = train(2, Resume::kNever);
  const auto resumed = train(5, Resume::kMust);
  EXPECT_NE(resumed.first, resumed.second);
  // Nothing of it is left for an unbroken run to see.
  for (const auto& [path, content] : files.Contents()) {
    ASSERT_TRUE(IsOk(files.Remove(path)));
  }
  EXPECT_EQ(resumed, train(5, Resume::kNever));
}

TEST(ModelCheckpointBestTest, WhatIsNoNumberIsNeverTheBest) {
  FaultFileSystem files;
  SmallRun run{.learning_rate = std::numeric_limits<double>::infinity()};
  run.checkpoint.monitor = "val_loss";
  run.checkpoint.save_best_only = true;
  const auto result = Train(files, run);
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.best, "");
  EXPECT_TRUE(result.kept.empty());
}

TEST(ModelCheckpointBestTest, KeepsTheNewestFiveUnlessToldOtherwiseAndSaysSo) {
  FaultFileSystem files;
  SmallRun run{.epochs = 50};
  run.checkpoint = {.path = "training_2/cp-{epoch:04d}.ckpt",
                    .every = EveryEpochs(5),
                    .verbose = 1};
  testing::internal::CaptureStdout();
  const auto result = Train(files, run);
  const std::string text = testing::internal::GetCapturedStdout();
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.kept,
            (Strings{"training_2/cp-0030.ckpt", "training_2/cp-0035.ckpt",
                     "training_2/cp-0040.ckpt", "training_2/cp-0045.ckpt",
                     "training_2/cp-0050.ckpt"}));
  EXPECT_TRUE(absl::StrContains(text, "keeps the newest 5 in \"training_2\""))
      << text;
  FaultFileSystem all;
  run.checkpoint.keep_last = 0;
  run.checkpoint.verbose = 0;
  EXPECT_EQ(Train(all, run).kept.size(), 10u);
}

TEST(ModelCheckpointBestTest, TheFirstRemovalThatNobodyAskedForIsSaidOnce) {
  const auto said = [](int64_t epochs, int64_t keep_last) {
    FaultFileSystem files;
    SmallRun run{.epochs = epochs};
    run.checkpoint.keep_last = keep_last;
    testing::internal::CaptureStderr();
    EXPECT_TRUE(IsOk(Train(files, run).status));
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(said(5, 5), "");
  EXPECT_EQ(said(8, 5),
            "cairn: ModelCheckpoint keeps the newest 5 in \"run\" and has "
            "removed run/ckpt-3; keep_last = 0 keeps all\n");
  EXPECT_EQ(said(8, 4), "");
}

TEST(ModelCheckpointBestTest, EachRuleKeepsItsOwn) {
  FaultFileSystem files;
  SmallRun run{.epochs = 6};
  run.checkpoint.every = EverySteps(1);
  run.checkpoint.keep_last = 2;
  run.checkpoint.keep_every_epochs = 2;
  run.checkpoint.keep_every_steps = 5;
  EXPECT_EQ(Train(files, run).kept,
            (Strings{"run/ckpt-5", "run/ckpt-6", "run/ckpt-10", "run/ckpt-12",
                     "run/ckpt-15", "run/ckpt-17", "run/ckpt-18"}));
}

TEST(ModelCheckpointBestTest, AFolderCanBeMovedAndGoneOnWith) {
  FaultFileSystem files, moved;
  SmallRun run{.checkpoint = {.directory = "run",
                              .every = EverySteps(2),
                              .keep_last = 2,
                              .resume = Resume::kAuto}};
  ASSERT_TRUE(IsOk(Train(files, run).status));
  for (const auto& [path, content] : files.Contents()) {
    moved.Put(absl::StrCat("elsewhere/", BaseName(path)), content);
    moved.Put(path, content);
  }
  run.epochs = 4;
  run.checkpoint.directory = "elsewhere";
  const auto result = Train(moved, run);
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.kept, (Strings{"elsewhere/ckpt-10", "elsewhere/ckpt-12"}));
  for (const auto& [path, content] : files.Contents()) {
    EXPECT_EQ(moved.Contents().count(path), 1u) << path;
  }
}

TEST(ModelCheckpointBestTest, OtherRunsAreKeptOrReplacedAsChosen) {
  FaultFileSystem files;
  SmallRun first;
  ASSERT_TRUE(IsOk(Train(files, first).status));
  const auto before = files.Contents();
  SmallRun second{.epochs = 3, .learning_rate = 0.1};
  EXPECT_TRUE(IsError(Train(files, second).status, Code::kFailedPrecondition,
                      {"another run", "run/ckpt-"}));
  second.checkpoint.other_runs = OtherRuns::kKeep;
  EXPECT_TRUE(IsError(Train(files, second).status, Code::kAlreadyExists,
                      {"run/ckpt-3", "another run"}));
  for (const auto& [path, content] : before) {
    if (BaseName(path) != "checkpoint") {
      EXPECT_EQ(files.Contents()[path], content) << path;
    }
  }
  second.checkpoint.every = EverySteps(4);
  const auto beside = Train(files, second);
  ASSERT_TRUE(IsOk(beside.status));
  EXPECT_EQ(files.Contents()["run/ckpt-3.index"],
            before.at("run/ckpt-3.index"));
  second.checkpoint.every = EveryEpochs(1);
  second.checkpoint.other_runs = OtherRuns::kReplace;
  EXPECT_TRUE(IsOk(Train(files, second).status));
  EXPECT_NE(files.Contents()["run/ckpt-3.index"],
            before.at("run/ckpt-3.index"));
}

TEST(ModelCheckpointBestTest, AFolderOfTwoRunsIsGoneOnWithByTheOneThatIsAsked) {
  FaultFileSystem files;
  SmallRun first{.epochs = 1}, second{.epochs = 2, .learning_rate = 0.1};
  first.checkpoint.every = EverySteps(2);
  second.checkpoint.other_runs = OtherRuns::kKeep;
  second.checkpoint.every = EverySteps(5);
  ASSERT_TRUE(IsOk(Train(files, first).status));
  ASSERT_TRUE(IsOk(Train(files, second).status));
  first.epochs = 4;
  first.checkpoint.every = EverySteps(7);
  first.checkpoint.resume = Resume::kAuto;
  first.checkpoint.other_runs = OtherRuns::kKeep;
  const auto resumed = Train(files, first);
  ASSERT_TRUE(IsOk(resumed.status));
  ASSERT_TRUE(resumed.resumed.has_value());
  EXPECT_EQ(resumed.resumed->step, 3);
  SmallRun third{.learning_rate = 0.2};
  third.checkpoint.resume = Resume::kAuto;
  EXPECT_TRUE(IsError(Train(files, third).status, Code::kFailedPrecondition,
                      {"2 runs"}));
}

}  // namespace
}  // namespace cairn
