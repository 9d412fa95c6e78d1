#include <map>
#include <string>

#include "core/base/config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/checkpoints_in_folder.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// The tensors of `cairn inspect --json` by part and path.
std::map<std::string, Config> TensorsOf(const std::string& json) {
  std::map<std::string, Config> tensors;
  const auto config = Config::FromJson(json);
  EXPECT_TRUE(config.ok()) << config.status();
  if (!config.ok()) return tensors;
  const auto list = config->Get<Config::List>("tensors");
  EXPECT_TRUE(list.ok()) << list.status();
  if (!list.ok()) return tensors;
  for (const Config& tensor : *list) {
    tensors[*tensor.Get<std::string>("part") + ":" +
            *tensor.Get<std::string>("path")] = tensor;
  }
  return tensors;
}

TEST(InspectTest, ListsEveryTensorOfARun) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 1);
  const CommandResult result = RunCairn({"inspect", folder + "/ckpt-4"});
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.out, HasSubstr("architecture"));
  EXPECT_THAT(result.out,
              ContainsRegex("weights +dense/kernel +float32 +\\(784, 10\\) "
                            "+31360\n"));
  EXPECT_THAT(result.out, ContainsRegex("optimizer +m/dense/bias +float32 "
                                        "+\\(10.*\\) +40\n"));
  EXPECT_THAT(result.out, ContainsRegex("optimizer +iterations +int64 +\\(\\) "
                                        "+8\n"));
  EXPECT_THAT(result.out, ContainsRegex("extras +run/random_counter"));
  EXPECT_THAT(result.out, HasSubstr("_CHECKPOINTABLE_OBJECT_GRAPH"));
}

TEST(InspectTest, JsonHasPartPathDtypeShapeAndBytes) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 1);
  const CommandResult result =
      RunCairn({"inspect", folder + "/ckpt-4.index", "--json"});
  ASSERT_EQ(result.code, 0) << result.errors;
  const auto tensors = TensorsOf(result.out);
  const auto kernel = tensors.find("weights:dense/kernel");
  ASSERT_NE(kernel, tensors.end());
  EXPECT_EQ(*kernel->second.Get<std::string>("dtype"), "float32");
  EXPECT_EQ(*kernel->second.Get<int64_t>("bytes"), 31360);
  EXPECT_EQ(*kernel->second.Get<Config::List>("shape"),
            (Config::List{int64_t{784}, int64_t{10}}));
  EXPECT_THAT(*kernel->second.Get<std::string>("key"),
              HasSubstr("VARIABLE_VALUE"));
}

TEST(InspectTest, AFolderMeansItsNewestCheckpoint) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 2);
  const CommandResult newest = RunCairn({"inspect", folder});
  ASSERT_EQ(newest.code, 0) << newest.errors;
  EXPECT_EQ(newest.out, RunCairn({"inspect", folder + "/ckpt-8"}).out);
}

TEST(InspectTest, AFileOfWeightsHoldsNothingElse) {
  const std::string folder = TestFolder();
  Sequential model;
  BuildSmallModel(model);
  ASSERT_TRUE(Summary(model).ok());
  ASSERT_TRUE(SaveWeights(model, folder + "/weights").ok());
  const CommandResult result = RunCairn({"inspect", folder + "/weights"});
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.out, HasSubstr("holds weights\n"));
  EXPECT_THAT(result.out, HasSubstr("dense/kernel"));
  EXPECT_THAT(result.out, Not(HasSubstr("optimizer")));
  EXPECT_THAT(result.out, Not(HasSubstr("extras")));
}

TEST(InspectTest, AMissingCheckpointIsAnErrorThatNamesIt) {
  const CommandResult result = RunCairn({"inspect", "/nonexistent/ckpt-1"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("/nonexistent/ckpt-1"));
}

}  // namespace
}  // namespace cairn
