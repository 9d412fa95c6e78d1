#include "callbacks/model_checkpoint.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/checkpoint_reader.h"
#include "saving/save.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/callback_contract.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;
using Strings = std::vector<std::string>;

constexpr char kData[] = ".data-00000-of-00001";

// The prefixes of the checkpoints in "run", by name.
Strings Prefixes(const FaultFileSystem& files) {
  Strings prefixes;
  for (const auto& [path, content] : files.Contents()) {
    if (!absl::EndsWith(path, ".index")) continue;
    prefixes.push_back(path.substr(0, path.size() - 6));
  }
  return prefixes;
}

void Damage(FaultFileSystem& files, const std::string& path) {
  std::string content = files.Contents().at(path);
  content[content.size() / 2] = static_cast<char>(~content[content.size() / 2]);
  files.Put(path, content);
}

// A run that goes on by itself and keeps few of many saves.
SmallRun SteadyRun() {
  return {.checkpoint = {.directory = "run",
                         .every = EverySteps(2),
                         .keep_last = 2,
                         .resume = Resume::kAuto}};
}

HookCallback::Function FailAt(const std::string& failing, int64_t step) {
  return [failing, step](const std::string& hook, TrainingSession& session,
                         const Logs&) {
    return hook == failing && session.step() >= step
               ? absl::AbortedError("another callback gave up")
               : absl::OkStatus();
  };
}

TEST(ModelCheckpointTest, KeepsWhatEveryCallbackPromises) {
  FaultFileSystem files;
  int made = 0;
  CheckCallback([&] {
    return std::make_unique<ModelCheckpoint>(ModelCheckpointOptions{
        .directory = absl::StrCat("run", made++), .save = {.files = &files}});
  });
}

TEST(ModelCheckpointTest, OptionsAreCheckedBeforeTheFirstStep) {
  struct Wrong {
    ModelCheckpointOptions options;
    std::vector<absl::string_view> parts;
  };
  const std::vector<Wrong> all = {
      {{}, {"directory or a path"}},
      {{.directory = "run", .path = "run/x"}, {"directory or a path"}},
      {{.directory = "run", .every = EverySteps(0)}, {"interval", "0"}},
      {{.directory = "run", .every = EveryEpochs(-2)}, {"interval", "-2"}},
      {{.directory = "run", .keep_last = -1}, {"keep_last", "-1"}},
      {{.directory = "run", .save_weights_only = true, .resume = Resume::kAuto},
       {"save_weights_only"}},
      {{.path = "run/{epoch"}, {"{epoch"}},
      {{.path = "run/{epoch:x}"}, {"{epoch:x}"}},
      {{.path = "{epoch}/cp"}, {"{epoch}/cp", "folder"}},
      {{.path = "run/a{epoch}/cp-{epoch}"}, {"run/a{epoch}/cp", "folder"}},
      {{.path = "run/cp-{epoch}.h5"}, {".h5"}},
      {{.path = "run/"}, {"run/"}},
      {{.directory = "run", .save = {.format = "h6"}}, {"h6"}},
      {{.path = "run/x", .save = {.overwrite = Overwrite::kFail}},
       {"run/x", "{epoch}"}},
  };
  for (const Wrong& wrong : all) {
    FaultFileSystem files;
    SmallRun run{.checkpoint = wrong.options,
                 .before = FailAt("on_train_batch_begin", 0)};
    const absl::Status status = Train(files, run).status;
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << status;
    for (const absl::string_view part : wrong.parts) {
      EXPECT_TRUE(absl::StrContains(status.message(), part))
          << status << " lacks " << part;
    }
    EXPECT_TRUE(files.mutations().empty());
  }
}

TEST(ModelCheckpointTest, SavesAtTheEndOfEpochsAndOfTraining) {
  FaultFileSystem files;
  const auto every = Train(files, {});
  ASSERT_TRUE(IsOk(every.status));
  EXPECT_EQ(every.kept, (Strings{"run/ckpt-3", "run/ckpt-6"}));
  EXPECT_EQ(Prefixes(files), every.kept);
  EXPECT_FALSE(every.resumed.has_value());

  FaultFileSystem others;
  const auto second = Train(
      others, {.epochs = 5,
               .checkpoint = {.directory = "run", .every = EveryEpochs(2)}});
  EXPECT_EQ(second.kept, (Strings{"run/ckpt-6", "run/ckpt-12", "run/ckpt-15"}));
}

TEST(ModelCheckpointTest, SavesEverySoManyStepsOfTheWholeRun) {
  FaultFileSystem files;
  const auto run = Train(
      files, {.epochs = 3,
              .checkpoint = {.directory = "run", .every = EverySteps(4)}});
  EXPECT_EQ(run.kept, (Strings{"run/ckpt-4", "run/ckpt-8", "run/ckpt-9"}));
}

TEST(ModelCheckpointTest, KeepsTheNewestAndSaysSoToTensorFlow) {
  for (const int64_t keep : {0, 1, 3}) {
    FaultFileSystem files;
    files.Put("run/notes.txt", "not ours");
    files.Put("run/other-1.data-00000-of-00001", "not ours");
    const auto run = Train(files, {.checkpoint = {.directory = "run",
                                                  .every = EverySteps(1),
                                                  .keep_last = keep}});
    ASSERT_TRUE(IsOk(run.status));
    Strings kept;
    const int64_t oldest = keep == 0 ? 1 : 7 - keep;
    for (int64_t step = oldest; step <= 6; ++step) {
      kept.push_back(absl::StrCat("run/ckpt-", step));
    }
    EXPECT_EQ(run.kept, kept);
    EXPECT_EQ(Prefixes(files), kept);
    // A bundle is two files; three more lie there.
    EXPECT_EQ(files.Contents().size(), 2 * kept.size() + 3);
    CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointState state,
                               ReadCheckpointState("run", files));
    EXPECT_EQ(state.newest, "ckpt-6");
    ASSERT_EQ(state.all.size(), kept.size());
    EXPECT_EQ(state.all.front(), absl::StrCat("ckpt-", oldest));
    ASSERT_EQ(state.timestamps.size(), kept.size());
    EXPECT_GT(state.timestamps.front(), 1.6e9);
    EXPECT_LT(state.last_preserved, state.timestamps.front());
  }
}

TEST(ModelCheckpointTest, AFixedPathIsReplacedEachTime) {
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

TEST(ModelCheckpointTest, ATemplateIsFilledFromEpochStepAndLogs) {
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

TEST(ModelCheckpointTest, TheBatchOfAnEpochsEndIsItsLast) {
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

TEST(ModelCheckpointTest, TheTimeInANameIsThatOfTheSave) {
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

TEST(ModelCheckpointTest, ANameThatNoLogHasEndsTheRunWithThoseThereAre) {
  FaultFileSystem files;
  EXPECT_TRUE(
      IsError(Train(files, {.checkpoint = {.path = "run/{val_los}"}}).status,
              Code::kInvalidArgument, {"run/{val_los}", "val_loss", "epoch"}));
}

TEST(ModelCheckpointTest, TheLastEpochIsNotCountedBeyond) {
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

TEST(ModelCheckpointTest, WeightsOnlyMeansNothingElse) {
  FaultFileSystem files;
  const auto run = Train(
      files, {.checkpoint = {.directory = "run", .save_weights_only = true}});
  ASSERT_TRUE(IsOk(run.status));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             OpenSnapshot("run/ckpt-6", {&files}));
  EXPECT_EQ(reader->parts(), Parts{Part::kWeights});
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto bundle,
                             CheckpointReader::Open("run/ckpt-6", files));
  for (const auto& entry : bundle->entries()) {
    EXPECT_FALSE(absl::StartsWith(entry.key, "_CAIRN")) << entry.key;
    EXPECT_FALSE(absl::StartsWith(entry.key, "optimizer")) << entry.key;
  }
  // A run cannot go on from them, and says so.
  EXPECT_TRUE(IsError(Train(files, {.checkpoint = {.directory = "run",
                                                   .resume = Resume::kMust}})
                          .status,
                      Code::kNotFound, {"run"}));
  EXPECT_TRUE(IsError(Train(files, {.checkpoint = {.path = "run/ckpt-6",
                                                   .resume = Resume::kAuto}})
                          .status,
                      Code::kInvalidArgument, {"run/ckpt-6", "LoadWeights"}));
}

TEST(ModelCheckpointTest, ResumeIsNeverAutoOrMust) {
  FaultFileSystem files;
  const auto with = [](Resume resume) {
    return SmallRun{.checkpoint = {.directory = "run", .resume = resume}};
  };
  EXPECT_TRUE(IsError(Train(files, with(Resume::kMust)).status, Code::kNotFound,
                      {"run", "kAuto"}));
  const auto first = Train(files, with(Resume::kAuto));
  ASSERT_TRUE(IsOk(first.status));
  EXPECT_FALSE(first.resumed.has_value());
  const auto contents = files.Contents();
  const auto never = Train(files, with(Resume::kNever));
  EXPECT_TRUE(IsError(never.status, Code::kFailedPrecondition,
                      {"run/ckpt-6", "kAuto", "another folder"}));
  EXPECT_EQ(never.values, ValuesOf(*MakeSmallModel({})));
  EXPECT_EQ(files.Contents(), contents);
  const auto must = Train(files, with(Resume::kMust));
  ASSERT_TRUE(IsOk(must.status));
  ASSERT_TRUE(must.resumed.has_value());
  EXPECT_EQ(must.resumed->prefix, "run/ckpt-6");
  EXPECT_EQ(must.resumed->step, 6);
  EXPECT_EQ(must.resumed->epoch, 2);
}

TEST(ModelCheckpointTest, AFinishedRunIsLeftAsItIs) {
  FaultFileSystem files;
  const auto first = Train(files, SteadyRun());
  ASSERT_TRUE(IsOk(first.status));
  const auto contents = FilesWithoutTimes(files);
  const auto again = Train(files, SteadyRun());
  ASSERT_TRUE(IsOk(again.status));
  EXPECT_EQ(again.values, first.values);
  EXPECT_EQ(again.history, first.history);
  EXPECT_EQ(again.kept, first.kept);
  EXPECT_EQ(FilesWithoutTimes(files), contents);
}

TEST(ModelCheckpointTest, ASaveAtTheLastStepOfAnEpochHasTheEpochsLogs) {
  FaultFileSystem files;
  SmallRun run = SteadyRun();
  run.checkpoint.every = EverySteps(kStepsPerEpoch);
  const SmallRunResult first = Train(files, run);
  ASSERT_TRUE(IsOk(first.status));
  int evaluations = 0;
  run.before = [&](const std::string& hook, TrainingSession&, const Logs&) {
    evaluations += hook == "on_test_begin";
    return absl::OkStatus();
  };
  const SmallRunResult again = Train(files, run);
  ASSERT_TRUE(IsOk(again.status));
  EXPECT_EQ(again.history, first.history);
  EXPECT_EQ(evaluations, 0);
}

TEST(ModelCheckpointTest, ARunStoppedAfterAnyStepGoesOnBitForBit) {
  FaultFileSystem unbroken_files;
  SmallRun whole = SteadyRun();
  whole.epochs = 3;
  const auto unbroken = Train(unbroken_files, whole);
  ASSERT_TRUE(IsOk(unbroken.status));
  for (int64_t step = 1; step <= 3 * kStepsPerEpoch; ++step) {
    SCOPED_TRACE(step);
    FaultFileSystem files;
    SmallRun stopped = whole;
    stopped.before = StopAfterStep(step);
    const auto first = Train(files, stopped);
    ASSERT_TRUE(IsOk(first.status));
    EXPECT_EQ(first.kept.back(), absl::StrCat("run/ckpt-", step));
    const auto second = Train(files, whole);
    ASSERT_TRUE(IsOk(second.status));
    ASSERT_TRUE(second.resumed.has_value());
    EXPECT_EQ(second.resumed->step, step);
    EXPECT_EQ(second.values, unbroken.values);
    EXPECT_EQ(second.history, unbroken.history);
    // A run that is stopped after its last step is saved before its last epoch
    // ends, which is all that is left to do.
    if (step == 3 * kStepsPerEpoch) continue;
    const auto found = files.Contents(), wanted = unbroken_files.Contents();
    for (const std::string& file :
         {std::string("run/ckpt-9.index"), absl::StrCat("run/ckpt-9", kData)}) {
      EXPECT_EQ(found.at(file), wanted.at(file)) << file;
    }
  }
}

TEST(ModelCheckpointTest, ARunOfMoreEpochsGoesOnFromAFinishedOne) {
  FaultFileSystem files, unbroken_files;
  SmallRun longer = SteadyRun();
  longer.epochs = 4;
  const auto unbroken = Train(unbroken_files, longer);
  ASSERT_TRUE(IsOk(Train(files, SteadyRun()).status));
  const auto resumed = Train(files, longer);
  ASSERT_TRUE(IsOk(resumed.status));
  EXPECT_EQ(resumed.values, unbroken.values);
  EXPECT_EQ(resumed.history, unbroken.history);
  EXPECT_EQ(FilesWithoutTimes(files), FilesWithoutTimes(unbroken_files));
}

TEST(ModelCheckpointTest, APathIsGoneOnFromToo) {
  for (const char* path :
       {"run/cp.ckpt", "run/{{cp}}", "run/cp-{epoch:02d}", "{{run}}/{epoch}"}) {
    SCOPED_TRACE(path);
    FaultFileSystem files, unbroken_files;
    SmallRun run{
        .epochs = 3,
        .checkpoint = {.path = path, .keep_last = 2, .resume = Resume::kAuto}};
    const auto unbroken = Train(unbroken_files, run);
    ASSERT_TRUE(IsOk(unbroken.status));
    // What lies beside is not its own.
    ASSERT_TRUE(IsOk(
        SaveWeights(*MakeSmallModel({}), "run/weights-99", {.files = &files})));
    SmallRun stopped = run;
    stopped.before = StopAfterStep(4);
    ASSERT_TRUE(IsOk(Train(files, stopped).status));
    const auto resumed = Train(files, run);
    ASSERT_TRUE(IsOk(resumed.status));
    ASSERT_TRUE(resumed.resumed.has_value());
    EXPECT_EQ(resumed.resumed->step, 4);
    EXPECT_EQ(resumed.values, unbroken.values);
    EXPECT_EQ(resumed.history, unbroken.history);
    EXPECT_EQ(resumed.kept, unbroken.kept);
    EXPECT_EQ(files.Contents().count("run/weights-99.index"), 1u);
  }
}

TEST(ModelCheckpointTest, AFixedPathThatIsDamagedIsNoReasonToBeginAnew) {
  const SmallRun run{.checkpoint = {.path = "run/x", .resume = Resume::kAuto}};
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Train(files, run).status));
  std::string data;
  for (const auto& [path, content] : files.Contents()) {
    if (absl::StrContains(path, ".data-00000")) data = path;
  }
  auto damaged = files.AfterKill();
  Damage(*damaged, data);
  EXPECT_TRUE(IsError(Train(*damaged, run).status, Code::kDataLoss, {data}));
  auto without = files.AfterKill();
  ASSERT_TRUE(IsOk(without->Remove(data)));
  EXPECT_TRUE(IsError(Train(*without, run).status, Code::kNotFound, {data}));
}

TEST(ModelCheckpointTest, AFixedPathThatIsDamagedGoesOnFromItsBackup) {
  SmallRun run{.epochs = 3,
               .checkpoint = {.path = "run/x", .resume = Resume::kAuto}};
  run.checkpoint.save.overwrite = Overwrite::kKeepBackup;
  FaultFileSystem files;
  const auto whole = Train(files, run);
  ASSERT_TRUE(IsOk(whole.status));
  std::string data;
  for (const auto& [path, content] : files.Contents()) {
    if (absl::StartsWith(path, "run/x.data-00000")) data = path;
  }
  Damage(files, data);
  run.checkpoint.resume = Resume::kMust;
  CaptureStderr();
  const auto again = Train(files, run);
  const std::string said = GetCapturedStderr();
  ASSERT_TRUE(IsOk(again.status));
  EXPECT_TRUE(absl::StrContains(said, "run/x.backup")) << said;
  EXPECT_EQ(again.values, whole.values);
}

TEST(ModelCheckpointTest, AnErrorOfAnotherCallbackSavesNothing) {
  for (const char* hook : {"on_train_batch_end", "on_epoch_end"}) {
    for (const bool before : {false, true}) {
      FaultFileSystem files;
      SmallRun run;
      (before ? run.before : run.after) = FailAt(hook, 4);
      const auto result = Train(files, run);
      EXPECT_TRUE(IsError(result.status, Code::kAborted, {"gave up"}));
      // What was saved before that hook stays.
      const bool saved_second =
          absl::string_view(hook) == "on_epoch_end" && !before;
      EXPECT_EQ(Prefixes(files), saved_second
                                     ? (Strings{"run/ckpt-3", "run/ckpt-6"})
                                     : Strings{"run/ckpt-3"});
    }
  }
}

TEST(ModelCheckpointTest, AFolderThatCannotBeWrittenIsFoundFirst) {
  FaultFileSystem files;
  files.Put("run", "a file");
  SmallRun run{.before = FailAt("on_train_batch_begin", 0)};
  EXPECT_TRUE(IsError(Train(files, run).status, Code::kInternal, {"run"}));
  for (int number = 1; number <= 4; ++number) {
    FaultFileSystem locked;
    locked.FailMutation(number, absl::PermissionDeniedError("locked"));
    EXPECT_TRUE(IsError(Train(locked, run).status, Code::kPermissionDenied,
                        {"the folder for checkpoints", "locked"}));
    EXPECT_TRUE(Prefixes(locked).empty());
  }
}

TEST(ModelCheckpointTest, TheMachinesFilesAreUsedUnlessOthersAreGiven) {
  std::string root = JoinPath(::testing::TempDir(), "checkpoint_XXXXXX");
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  SmallRun run;
  run.checkpoint.directory = JoinPath(root, "deep/run");
  const auto result = Train(FileSystem::Default(), run);
  ASSERT_TRUE(IsOk(result.status));
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string newest,
                             LatestCheckpoint(run.checkpoint.directory));
  EXPECT_EQ(newest, JoinPath(root, "deep/run/ckpt-6"));
  std::filesystem::remove_all(root);
}

TEST(ModelCheckpointTest, AFullDiskLosesNeitherTheModelNorTheLastSave) {
  FaultFileSystem clean;
  ASSERT_TRUE(IsOk(Train(clean, {}).status));
  // From the first byte of the second save on, nothing more can be written.
  int number = 0;
  const Strings mutations = clean.mutations();
  for (size_t i = 0; i < mutations.size(); ++i) {
    if (number == 0 &&
        absl::StartsWith(mutations[i], "Append run/ckpt-6.data")) {
      number = static_cast<int>(i) + 1;
    }
  }
  ASSERT_GT(number, 0);
  FaultFileSystem files;
  files.FailMutation(number, absl::ResourceExhaustedError("no space left"),
                     FaultFileSystem::Repeat::kFromThenOn,
                     /*half_written=*/true);
  const auto result = Train(files, {});
  EXPECT_TRUE(IsError(result.status, Code::kResourceExhausted,
                      {"run/ckpt-6", "no space left"}));
  // What was trained is there, and can be used.
  FaultFileSystem other;
  EXPECT_EQ(result.values, Train(other, {}).values);
  EXPECT_TRUE(IsOk(SaveWeights(*result.model, "rescued", {.files = &other})));
  const auto after = files.AfterKill();
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string newest,
                             LatestCheckpoint("run", *after));
  EXPECT_EQ(newest, "run/ckpt-3");
  // Once there is space the run goes on as if nothing had been.
  SmallRun resumed;
  resumed.checkpoint.resume = Resume::kAuto;
  EXPECT_EQ(Train(*after, resumed).values, result.values);
  EXPECT_EQ(FilesWithoutTimes(*after), FilesWithoutTimes(clean));
}

TEST(ModelCheckpointTest, ADamagedNewestIsPassedOverLoudly) {
  for (const char* suffix : {".index", kData}) {
    FaultFileSystem files;
    const auto whole = Train(files, {});
    ASSERT_TRUE(IsOk(whole.status));
    Damage(files, absl::StrCat("run/ckpt-6", suffix));
    SmallRun run;
    run.checkpoint.resume = Resume::kAuto;
    CaptureStderr();
    const auto resumed = Train(files, run);
    const std::string warnings = GetCapturedStderr();
    ASSERT_TRUE(IsOk(resumed.status));
    EXPECT_TRUE(absl::StrContains(warnings, "run/ckpt-6 cannot be used"))
        << warnings;
    ASSERT_TRUE(resumed.resumed.has_value());
    EXPECT_EQ(resumed.resumed->prefix, "run/ckpt-3");
    EXPECT_EQ(resumed.values, whole.values);
    // It has been replaced.
    CAIRN_ASSERT_OK_AND_ASSIGN(const std::string newest,
                               LatestCheckpoint("run", files));
    EXPECT_EQ(newest, "run/ckpt-6");
  }
}

TEST(ModelCheckpointTest, WhereAllAreDamagedTheRunDoesNotBeginAnew) {
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Train(files, {}).status));
  Damage(files, "run/ckpt-6.index");
  Damage(files, absl::StrCat("run/ckpt-3", kData));
  SmallRun run;
  run.checkpoint.resume = Resume::kAuto;
  CaptureStderr();
  EXPECT_TRUE(
      IsError(Train(files, run).status, Code::kNotFound, {"run", "2 damaged"}));
  GetCapturedStderr();
}

TEST(ModelCheckpointTest, AnotherArchitectureIsRefusedWithThePaths) {
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Train(files, {}).status));
  SmallRun other{.units = 5};
  other.checkpoint.resume = Resume::kAuto;
  const auto contents = files.Contents();
  const auto result = Train(files, other);
  EXPECT_TRUE(IsError(result.status, Code::kInvalidArgument,
                      {"cannot go on from run/ckpt-6", "hidden/kernel",
                       "(4, 5)", "(4, 3)", "out/kernel"}));
  EXPECT_EQ(result.values, ValuesOf(*MakeSmallModel(other)));
  EXPECT_EQ(files.Contents(), contents);
}

TEST(ModelCheckpointTest, OtherSettingsAreRefusedAndNamed) {
  FaultFileSystem files;
  SmallRun first;
  first.before = StopAfterStep(4);
  ASSERT_TRUE(IsOk(Train(files, first).status));
  const auto refused = [&](SmallRun run,
                           std::initializer_list<absl::string_view> parts) {
    run.checkpoint.resume = Resume::kAuto;
    const auto result = Train(files, run);
    EXPECT_TRUE(IsError(result.status, Code::kInvalidArgument, parts));
    // As in a run that ended before its first step.
    FaultFileSystem locked;
    locked.FailMutation(1, absl::PermissionDeniedError("locked"));
    EXPECT_EQ(result.values, Train(locked, run).values);
    EXPECT_EQ(Prefixes(files), (Strings{"run/ckpt-3", "run/ckpt-4"}));
  };
  refused({.seed = 99}, {"seed", "7", "99"});
  refused({.batch_size = 5}, {"batch", "4", "5"});
  refused({.learning_rate = 0.5}, {"other settings", "0.05", "0.5"});
}

TEST(ModelCheckpointTest, SpeaksOfSavesAndResumingIfAskedTo) {
  FaultFileSystem files;
  SmallRun run;
  run.checkpoint.verbose = 1;
  run.checkpoint.resume = Resume::kAuto;
  run.before = StopAfterStep(4);
  CaptureStdout();
  ASSERT_TRUE(IsOk(Train(files, run).status));
  run.before = FailAt("on_epoch_end", 6);
  EXPECT_FALSE(Train(files, run).status.ok());
  const std::string text = GetCapturedStdout();
  for (const char* part :
       {"saved run/ckpt-3 (end of epoch, epoch 1, step 3, ",
        "saved run/ckpt-4 (end of training, epoch 2, step 4, ",
        " bytes; copied in ", " ms, written in ", "; digest ",
        "begins anew, as there is no checkpoint to resume from in \"run\"\n",
        "resumed from run/ckpt-4 (epoch 2, step 4, digest ",
        "not saved, since an error ended the run; the newest is run/ckpt-4"}) {
    EXPECT_TRUE(absl::StrContains(text, part)) << part << " in\n" << text;
  }
  EXPECT_FALSE(absl::StrContains(text, " 0 bytes")) << text;
  FaultFileSystem others;
  CaptureStdout();
  ASSERT_TRUE(IsOk(Train(others, {}).status));
  EXPECT_EQ(GetCapturedStdout(), "");
}

TEST(ModelCheckpointTest, FilesThatOthersWroteAreNotRotatedAway) {
  FaultFileSystem files;
  // As TensorFlow's manager would call it.
  const auto model = MakeSmallModel({});
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot foreign,
                             model->TakeSnapshot({Part::kWeights}));
  ASSERT_TRUE(IsOk(WriteSnapshot(foreign, "run/ckpt-1", {.files = &files})));
  SmallRun run = SteadyRun();
  EXPECT_TRUE(IsError(Train(files, run).status, Code::kFailedPrecondition,
                      {"run/ckpt-1", "another run"}));
  run.checkpoint.other_runs = OtherRuns::kKeep;
  SmallRun stopped = run;
  stopped.before = StopAfterStep(4);
  ASSERT_TRUE(IsOk(Train(files, stopped).status));
  ASSERT_TRUE(IsOk(Train(files, run).status));
  EXPECT_EQ(Prefixes(files),
            (Strings{"run/ckpt-1", "run/ckpt-4", "run/ckpt-6"}));
}

// A stop comes once: better another name than a lost run.
TEST(ModelCheckpointTest, TheEndIsSavedThoughItsNameIsTaken) {
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
