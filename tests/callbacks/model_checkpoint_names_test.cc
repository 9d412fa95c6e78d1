// What a ModelCheckpoint calls its checkpoints.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
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

TEST(ModelCheckpointNamesTest, AFixedPathIsReplacedEachTime) {
  FaultFileSystem files;
  const auto run = Train(files, {.checkpoint = {.path = "training_1/cp.ckpt"}});
  ASSERT_TRUE(IsOk(run.status));
  EXPECT_EQ(run.kept, Strings{"training_1/cp.ckpt"});
  EXPECT_EQ(Prefixes(files), Strings{"training_1/cp.ckpt"});
  EXPECT_TRUE(absl::StartsWith(files.Contents()["training_1/checkpoint"],
                               "model_checkpoint_path: \"cp.ckpt\"\n"));
  const auto model = MakeSmallModel({});
  EXPECT_TRUE(IsOk(LoadWeights(*model, "training_1/cp.ckpt", {}, {&files})));
  EXPECT_EQ(ValuesOf(*model), run.values);
}

TEST(ModelCheckpointNamesTest, ATemplateIsFilledFromEpochStepAndLogs) {
  FaultFileSystem files;
  const auto run = Train(
      files,
      {.epochs = 3,
       .checkpoint = {.path = "run/cp-{epoch:04d}-{step}-{val_accuracy:.1f}",
                      .keep_last = 2}});
  ASSERT_TRUE(IsOk(run.status));
  ASSERT_EQ(run.kept.size(), 2u);
  EXPECT_TRUE(absl::StartsWith(run.kept[0], "run/cp-0002-6-0.")) << run.kept[0];
  EXPECT_TRUE(absl::StartsWith(run.kept[1], "run/cp-0003-9-0.")) << run.kept[1];
  EXPECT_EQ(Prefixes(files), run.kept);
}

TEST(ModelCheckpointNamesTest, TheBatchOfAnEpochsEndIsItsLast) {
  SmallRun run;
  run.checkpoint = {.path = "run/cp-{epoch}-{batch}",
                    .every = EverySteps(1),
                    .keep_last = 0,
                    .resume = Resume::kAuto};
  FaultFileSystem files;
  EXPECT_EQ(Train(files, run).kept,
            (Strings{"run/cp-1-1", "run/cp-1-2", "run/cp-1-3", "run/cp-2-1",
                     "run/cp-2-2", "run/cp-2-3"}));
  // Also of an epoch whose last step was another session's, and at the end.
  FaultFileSystem others;
  run.checkpoint.every = AtEnd();
  run.before = StopAfterStep(3);
  EXPECT_EQ(Train(others, run).kept, Strings{"run/cp-1-3"});
  run.epochs = 1;
  EXPECT_EQ(Train(others, run).kept, Strings{"run/cp-1-3"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto found, ListCheckpoints("run", others));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].epoch, 1);
}

TEST(ModelCheckpointNamesTest, TheTimeInANameIsThatOfTheSave) {
  FaultFileSystem files;
  const int64_t before = absl::ToUnixSeconds(absl::Now());
  const auto run = Train(
      files, {.epochs = 1, .checkpoint = {.path = "run/{time}-{time:f}"}});
  const int64_t after = absl::ToUnixSeconds(absl::Now());
  ASSERT_TRUE(IsOk(run.status));
  Strings possible;
  for (int64_t time = before; time <= after; ++time) {
    possible.push_back(absl::StrCat("run/", time, "-", time, ".000000"));
  }
  ASSERT_EQ(run.kept.size(), 1u);
  EXPECT_EQ(std::count(possible.begin(), possible.end(), run.kept[0]), 1)
      << run.kept[0];
}

TEST(ModelCheckpointNamesTest, ANameThatNoLogHasEndsTheRunWithThoseThereAre) {
  FaultFileSystem files;
  EXPECT_TRUE(
      IsError(Train(files, {.checkpoint = {.path = "run/{val_los}"}}).status,
              Code::kInvalidArgument, {"run/{val_los}", "val_loss", "epoch"}));
}

TEST(ModelCheckpointNamesTest, TheLastEpochIsNotCountedBeyond) {
  FaultFileSystem files;
  const auto run = Train(files, {.epochs = 3,
                                 .checkpoint = {.path = "run/cp-{epoch}",
                                                .every = EveryEpochs(2)}});
  EXPECT_EQ(run.kept, (Strings{"run/cp-2", "run/cp-3"}));
  FaultFileSystem others;
  const auto stopped =
      Train(others, {.epochs = 3,
                     .checkpoint = {.path = "run/cp-{epoch}-{val_loss:.2f}"},
                     .before = StopAfterStep(5)});
  ASSERT_EQ(stopped.kept.size(), 2u);
  // What the epoch has no value of yet is no reason to lose it.
  EXPECT_EQ(stopped.kept[1], "run/cp-2-nan");
}

// A stop comes once: better another name than a lost run.
TEST(ModelCheckpointNamesTest, TheEndIsSavedThoughItsNameIsTaken) {
  FaultFileSystem files;
  SmallRun run;
  run.checkpoint.directory = "";
  run.checkpoint.path = "run/cp-{val_loss:.2f}";
  run.checkpoint.every = OnRequest("run/save-now");
  run.checkpoint.keep_last = 0;
  run.before = [&](const std::string& hook, TrainingSession& session,
                   const Logs&) {
    if (hook != "on_train_batch_begin") return absl::OkStatus();
    if (session.step() == 0) files.Put("run/save-now", "");
    if (session.step() == 4) session.RequestStop();
    return absl::OkStatus();
  };
  const auto result = Train(files, run);
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.kept, (Strings{"run/cp-nan", "run/cp-nan-step-5"}));
  EXPECT_TRUE(IsOk(VerifySnapshot("run/cp-nan", {.files = &files})));
}

}  // namespace
}  // namespace cairn
