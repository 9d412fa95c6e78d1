// How a ModelCheckpoint finds the run to go on with, and those of others.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;
using Strings = std::vector<std::string>;

constexpr char kData[] = ".data-00000-of-00001";

void Damage(FaultFileSystem& files, const std::string& path) {
  std::string content = files.Contents().at(path);
  content[content.size() / 2] = static_cast<char>(~content[content.size() / 2]);
  files.Put(path, content);
}

TEST(ModelCheckpointResumeTest, ResumeIsNeverAutoOrMust) {
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

TEST(ModelCheckpointResumeTest, AFinishedRunIsLeftAsItIs) {
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

TEST(ModelCheckpointResumeTest, ASaveAtTheLastStepOfAnEpochHasTheEpochsLogs) {
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

TEST(ModelCheckpointResumeTest, ARunStoppedAfterAnyStepGoesOnBitForBit) {
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

TEST(ModelCheckpointResumeTest, ARunOfMoreEpochsGoesOnFromAFinishedOne) {
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

TEST(ModelCheckpointResumeTest, APathIsGoneOnFromToo) {
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

TEST(ModelCheckpointResumeTest, AFixedPathThatIsDamagedIsNoReasonToBeginAnew) {
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

TEST(ModelCheckpointResumeTest, AFixedPathThatIsDamagedGoesOnFromItsBackup) {
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

TEST(ModelCheckpointResumeTest, ADamagedNewestIsPassedOverLoudly) {
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

TEST(ModelCheckpointResumeTest, WhereAllAreDamagedTheRunDoesNotBeginAnew) {
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

TEST(ModelCheckpointResumeTest, AnotherArchitectureIsRefusedWithThePaths) {
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

TEST(ModelCheckpointResumeTest, OtherSettingsAreRefusedAndNamed) {
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

TEST(ModelCheckpointResumeTest, ARunThatIsRefusedRemovesNothing) {
  const Strings remains = {"run/ckpt-9.data-00000-of-00001",
                           "run/ckpt-5.index.tmp-12", "run/checkpoint.tmp-12"};
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Train(files, {}).status));
  for (const std::string& path : remains) files.Put(path, "of unknown make");
  const auto contents = files.Contents();
  SmallRun run;
  EXPECT_TRUE(IsError(Train(files, run).status, Code::kFailedPrecondition,
                      {"another run"}));
  EXPECT_EQ(files.Contents(), contents);
  SmallRun other{.learning_rate = 0.5};
  other.checkpoint.resume = Resume::kAuto;
  EXPECT_TRUE(IsError(Train(files, other).status, Code::kInvalidArgument, {}));
  EXPECT_EQ(files.Contents(), contents);
  // One that goes on, but not beside what another has written.
  ASSERT_TRUE(
      IsOk(SaveWeights(*MakeSmallModel({}), "run/ckpt-1", {.files = &files})));
  const auto with_other = files.Contents();
  run.checkpoint.resume = Resume::kAuto;
  run.checkpoint.keep_last = 1;
  EXPECT_TRUE(IsError(Train(files, run).status, Code::kFailedPrecondition,
                      {"another run", "run/ckpt-1"}));
  EXPECT_EQ(files.Contents(), with_other);
  run.checkpoint.other_runs = OtherRuns::kKeep;
  ASSERT_TRUE(IsOk(Train(files, run).status));
  for (const std::string& path : remains) {
    EXPECT_EQ(files.Contents().count(path), 0u) << path;
  }
}

// As a power cut may leave it.
TEST(ModelCheckpointResumeTest, AnIndexAloneIsNoCheckpointOfAnotherRun) {
  FaultFileSystem made;
  ASSERT_TRUE(IsOk(Train(made, {}).status));
  for (const Resume resume : {Resume::kNever, Resume::kAuto}) {
    FaultFileSystem files;
    files.Put("run/ckpt-6.index", made.Contents().at("run/ckpt-6.index"));
    SmallRun run{.epochs = 1};
    run.checkpoint.resume = resume;
    const auto result = Train(files, run);
    ASSERT_TRUE(IsOk(result.status));
    EXPECT_FALSE(result.resumed.has_value());
    EXPECT_EQ(files.Contents().count("run/ckpt-6.index"), 0u);
  }
}

// A run of four steps, and one after it of another learning rate.
class ModelCheckpointChangedRunTest : public testing::TestWithParam<OtherRuns> {
 protected:
  static SmallRun RunOf(double learning_rate) {
    SmallRun run{.learning_rate = learning_rate};
    run.checkpoint.every = EverySteps(7);
    run.checkpoint.resume = Resume::kAuto;
    run.checkpoint.restore.allow_changed = {"learning_rate"};
    run.checkpoint.other_runs = GetParam();
    return run;
  }

  // One that leaves ckpt-<step>.
  static void TrainUntil(int64_t step, SmallRun run, FileSystem& files) {
    run.before = StopAfterStep(step);
    ASSERT_TRUE(IsOk(Train(files, run).status));
  }

  // The step it goes on from; none: it begins anew.
  static std::optional<int64_t> ResumedStep(const SmallRun& run,
                                            FileSystem& files,
                                            std::string* said = nullptr) {
    testing::internal::CaptureStderr();
    const auto result = Train(files, run);
    const std::string text = testing::internal::GetCapturedStderr();
    if (said != nullptr) *said = text;
    EXPECT_TRUE(IsOk(result.status));
    if (!result.resumed.has_value()) return std::nullopt;
    return result.resumed->step;
  }
};

TEST_P(ModelCheckpointChangedRunTest, IsGoneOnWithAndKnownAgain) {
  FaultFileSystem files;
  TrainUntil(4, RunOf(0.05), files);
  TrainUntil(5, RunOf(0.5), files);
  EXPECT_EQ(ResumedStep(RunOf(0.5), files), 5);
  EXPECT_EQ(ResumedStep(RunOf(0.05), files), 6);
  EXPECT_EQ(files.Contents().count("run/ckpt-4.index"), 1u);
}

TEST_P(ModelCheckpointChangedRunTest, IsFoundBesideAnother) {
  for (const int64_t step : {1, 5}) {
    FaultFileSystem files;
    SmallRun other = RunOf(0.05);
    other.units = 5;
    TrainUntil(4, RunOf(0.05), files);
    TrainUntil(step, other, files);
    const std::string name = absl::StrCat("run/ckpt-", step, ".index");
    const std::string content = files.Contents().at(name);
    EXPECT_EQ(ResumedStep(RunOf(0.5), files), 4);
    EXPECT_EQ(files.Contents()[name], content);
    // A run like none of them begins anew and says why.
    SmallRun third = RunOf(0.5);
    third.epochs = 1;
    third.batch_size = 5;
    std::string said;
    EXPECT_EQ(ResumedStep(third, files, &said), std::nullopt);
    EXPECT_TRUE(absl::StrContains(said, "batch_size")) << said;
  }
}

TEST_P(ModelCheckpointChangedRunTest, IsNotGuessedAmongSeveral) {
  FaultFileSystem files;
  SmallRun second = RunOf(0.1);
  second.checkpoint.resume = Resume::kNever;
  TrainUntil(4, RunOf(0.05), files);
  TrainUntil(5, second, files);
  const auto contents = files.Contents();
  SmallRun third = RunOf(0.5);
  EXPECT_TRUE(IsError(Train(files, third).status, Code::kFailedPrecondition,
                      {"two runs", "run/ckpt-4", "run/ckpt-5"}));
  EXPECT_EQ(files.Contents(), contents);
  // Equal ones are known.
  EXPECT_EQ(ResumedStep(RunOf(0.05), files), 4);
}

INSTANTIATE_TEST_SUITE_P(, ModelCheckpointChangedRunTest,
                         testing::Values(OtherRuns::kKeep, OtherRuns::kReplace),
                         [](const auto& info) {
                           return info.param == OtherRuns::kKeep ? "Keep"
                                                                 : "Replace";
                         });

}  // namespace
}  // namespace cairn
