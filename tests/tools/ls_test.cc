#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/checkpoints_in_folder.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

std::vector<std::string> Words(const std::string& line) {
  return absl::StrSplit(line, ' ', absl::SkipEmpty());
}

TEST(LsTest, ListsStepEpochBytesMetricsAndTheNewest) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 2);
  const CommandResult result = RunCairn({"ls", folder});
  ASSERT_EQ(result.code, 0) << result.errors;
  const std::vector<std::string> lines = Lines(result.out);
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(Words(lines[0]),
              ElementsAre("checkpoint", "step", "epoch", "bytes", "age", "loss",
                          "accuracy", "state"));
  const std::vector<std::string> first = Words(lines[1]);
  const std::vector<std::string> second = Words(lines[2]);
  ASSERT_THAT(first, SizeIs(8));
  ASSERT_THAT(second, SizeIs(9));
  EXPECT_EQ(first[0], "ckpt-4");
  EXPECT_EQ(first[1], "4");
  EXPECT_EQ(first[2], "1");
  EXPECT_EQ(first[7], "good");
  EXPECT_EQ(second[0], "ckpt-8");
  EXPECT_EQ(second[1], "8");
  EXPECT_EQ(second[2], "2");
  EXPECT_EQ(second[7], "good,");
  EXPECT_EQ(second[8], "newest");
  const auto size = [&](const std::string& name) {
    return std::filesystem::file_size(JoinPath(folder, name));
  };
  EXPECT_EQ(second[3], absl::StrCat(size("ckpt-8.index") +
                                    size("ckpt-8.data-00000-of-00001")));
}

TEST(LsTest, ADamagedCheckpointIsNotTheNewest) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 2);
  Damage(JoinPath(folder, "ckpt-8"));
  const CommandResult result = RunCairn({"ls", folder});
  ASSERT_EQ(result.code, 0) << result.errors;
  const std::vector<std::string> lines = Lines(result.out);
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[1], HasSubstr("good, newest"));
  EXPECT_THAT(lines[2], HasSubstr("damaged: "));
}

TEST(LsTest, JsonSaysWhichIsNewestAndWhichBest) {
  const std::string folder = TestFolder();
  Sequential model;
  BuildSmallModel(model);
  const DigitImages digits = SyntheticDigits(64, /*seed=*/1);
  ModelCheckpoint checkpoint(
      {.directory = folder, .monitor = "loss", .mode = MonitorMode::kMax});
  ASSERT_TRUE(model
                  .Fit(digits.images, digits.labels,
                       {.epochs = 3,
                        .batch_size = 16,
                        .verbose = 0,
                        .callbacks = {&checkpoint}})
                  .ok());
  const CommandResult result = RunCairn({"ls", folder, "--json"});
  ASSERT_EQ(result.code, 0) << result.errors;
  const auto json = Config::FromJson(result.out);
  ASSERT_TRUE(json.ok()) << result.out;
  const Config::List all = *json->Get<Config::List>("checkpoints");
  ASSERT_THAT(all, SizeIs(3));
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string path = JoinPath(folder, absl::StrCat("ckpt-", 4 * i + 4));
    EXPECT_EQ(*all[i].Get<std::string>("path"), path);
    EXPECT_EQ(*all[i].Get<int64_t>("step"), 4 * static_cast<int64_t>(i) + 4);
    EXPECT_EQ(*all[i].Get<int64_t>("epoch"), static_cast<int64_t>(i) + 1);
    EXPECT_GT(*all[i].Get<int64_t>("bytes"), 0);
    EXPECT_TRUE(*all[i].Get<bool>("good"));
    EXPECT_EQ(*all[i].Get<bool>("newest"), i == 2);
    EXPECT_EQ(*all[i].Get<bool>("best"), path == checkpoint.best_checkpoint());
    const auto metrics = all[i].Find("metrics");
    ASSERT_TRUE(metrics.ok());
    EXPECT_TRUE((*metrics)->Get<double>("loss").ok());
  }
}

TEST(LsTest, WeightsAloneAreListedWithoutEpochAndMetrics) {
  const std::string folder = TestFolder();
  Sequential model;
  BuildSmallModel(model);
  ASSERT_TRUE(Summary(model).ok());
  ASSERT_TRUE(SaveWeights(model, JoinPath(folder, "weights")).ok());
  const CommandResult result = RunCairn({"ls", folder});
  ASSERT_EQ(result.code, 0) << result.errors;
  const std::vector<std::string> lines = Lines(result.out);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(Words(lines[1])[0], "weights");
  EXPECT_EQ(Words(lines[1])[1], "-");
  EXPECT_EQ(Words(lines[1])[2], "-");
}

TEST(LsTest, AFolderWithoutCheckpointsSaysSo) {
  const std::string folder = TestFolder();
  std::filesystem::create_directories(folder);
  const CommandResult result = RunCairn({"ls", folder});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, absl::StrCat("no checkpoints in ", folder, "\n"));
}

TEST(LsTest, AFolderThatIsNotThereIsAnErrorThatNamesIt) {
  const CommandResult result = RunCairn({"ls", "/nonexistent/run"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("/nonexistent/run"));
}

}  // namespace
}  // namespace cairn
