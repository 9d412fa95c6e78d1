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
using Strings = std::vector<std::string>;

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
