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

// Turns over a bit of a checkpoint's values.
void Damage(const std::string& prefix) {
  std::fstream file(prefix + ".data-00000-of-00001",
                    std::ios::in | std::ios::out | std::ios::binary);
  char byte = 0;
  file.seekg(100);
  file.get(byte);
  file.seekp(100);
  file.put(static_cast<char>(byte ^ 1));
  ASSERT_TRUE(file.good());
}

TEST(LsTest, ListsStepEpochBytesMetricsAndTheNewest) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 2);
  const CommandResult result = RunCairn({"ls", folder});
  ASSERT_EQ(result.code, 0) << result.errors;
  const std::vector<std::string> lines = Lines(result.out);
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(Words(lines[0]),
              ElementsAre("checkpoint", "step", "epoch", "bytes", "loss",
                          "accuracy", "state"));
  const std::vector<std::string> first = Words(lines[1]);
  const std::vector<std::string> second = Words(lines[2]);
  ASSERT_THAT(first, SizeIs(7));
  ASSERT_THAT(second, SizeIs(8));
  EXPECT_EQ(first[0], "ckpt-4");
  EXPECT_EQ(first[1], "4");
  EXPECT_EQ(first[2], "1");
  EXPECT_EQ(first[6], "good");
  EXPECT_EQ(second[0], "ckpt-8");
  EXPECT_EQ(second[1], "8");
  EXPECT_EQ(second[2], "2");
  EXPECT_EQ(second[6], "good,");
  EXPECT_EQ(second[7], "newest");
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
