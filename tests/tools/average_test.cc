#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/checkpoints_in_folder.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

TEST(AverageTest, IsTheMeanOfEachValueRoundedOnce) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 3);
  const std::string out = folder + "/mean";
  const CommandResult result =
      RunCairn({"average", folder + "/ckpt-4", folder + "/ckpt-8",
                folder + "/ckpt-12", "--out", out});
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.out, HasSubstr("of 3 checkpoints"));
  EXPECT_THAT(result.out, HasSubstr("as in the last: "));
  const auto a = WeightsOf(folder + "/ckpt-4"),
             b = WeightsOf(folder + "/ckpt-8"),
             c = WeightsOf(folder + "/ckpt-12"), mean = WeightsOf(out);
  ASSERT_EQ(mean.size(), a.size());
  for (const auto& [path, values] : mean) {
    for (size_t i = 0; i < values.size(); ++i) {
      const double sum =
          static_cast<double>(a.at(path)[i]) + b.at(path)[i] + c.at(path)[i];
      ASSERT_EQ(values[i], static_cast<float>(sum / 3)) << path;
    }
  }
  EXPECT_EQ(RunCairn({"verify", out}).code, 0);
  Sequential model;
  BuildSmallModel(model);
  EXPECT_TRUE(LoadWeights(model, out).ok());
}

TEST(AverageTest, OfOtherModelsThereIsNoMean) {
  const std::string folder = TestFolder();
  Sequential small, large;
  BuildSmallModel(small);
  large.Add<InputLayer>({.shape = {28, 28}});
  large.Add<Flatten>();
  large.Add<Dense>({.units = 12});
  ASSERT_TRUE(large.Compile({.loss = "mean_squared_error"}).ok());
  ASSERT_TRUE(SaveWeights(small, folder + "/small").ok());
  ASSERT_TRUE(SaveWeights(large, folder + "/large").ok());
  const std::string out = folder + "/mean";
  const CommandResult result =
      RunCairn({"average", folder + "/small", folder + "/large", "--out", out});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("float32 (12,)"));
  EXPECT_FALSE(CheckpointReader::Open(out).ok());
}

TEST(AverageTest, ItNeedsAPlaceForTheResult) {
  EXPECT_EQ(RunCairn({"average", "a", "b"}).code, 2);
}

}  // namespace
}  // namespace cairn
