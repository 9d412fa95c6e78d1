#include "callbacks/model_checkpoint.h"

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;
using Strings = std::vector<std::string>;

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

}  // namespace
}  // namespace cairn
