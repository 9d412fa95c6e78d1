#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/checkpoints_in_folder.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(DiffTest, ACheckpointEqualsItself) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 1);
  const std::string prefix = folder + "/ckpt-4";
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, std::vector<std::string>{"--bitwise"}}) {
    std::vector<std::string> words = {"diff", prefix, prefix};
    words.insert(words.end(), more.begin(), more.end());
    const CommandResult result = RunCairn(words);
    EXPECT_EQ(result.code, 0) << result.out;
    EXPECT_THAT(result.out, HasSubstr("equal: "));
  }
}

TEST(DiffTest, SaysOfEachTensorHowLargeTheDifferenceIs) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 2);
  const CommandResult result =
      RunCairn({"diff", folder + "/ckpt-4", folder + "/ckpt-8", "--json"});
  EXPECT_EQ(result.code, 1);
  const auto json = Config::FromJson(result.out);
  ASSERT_TRUE(json.ok()) << result.out;
  EXPECT_FALSE(*json->Get<bool>("equal"));
  const auto first = WeightsOf(folder + "/ckpt-4").at("dense/bias");
  const auto second = WeightsOf(folder + "/ckpt-8").at("dense/bias");
  double largest = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    largest =
        std::max(largest, std::abs(static_cast<double>(first[i]) - second[i]));
  }
  bool found = false;
  const Config::List differences = *json->Get<Config::List>("differences");
  for (const Config& one : differences) {
    if (*one.Get<std::string>("name") != "dense/bias") continue;
    found = true;
    EXPECT_EQ(*one.Get<std::string>("differs"), "values");
    EXPECT_EQ(*one.Get<double>("largest_absolute"), largest);
    EXPECT_EQ(*one.Get<int64_t>("elements"), 10);
    EXPECT_GT(*one.Get<double>("largest_relative"), 0);
  }
  EXPECT_TRUE(found) << result.out;
}

TEST(DiffTest, NamesThatOneLacksAndOtherShapesAreDifferences) {
  const std::string folder = TestFolder();
  Sequential small, large;
  BuildSmallModel(small);
  large.Add<InputLayer>({.shape = {28, 28}});
  large.Add<Flatten>();
  large.Add<Dense>({.units = 12});
  large.Add<Dense>({.units = 10});
  ASSERT_TRUE(large.Compile({.loss = "mean_squared_error"}).ok());
  ASSERT_TRUE(SaveWeights(small, folder + "/small").ok());
  ASSERT_TRUE(SaveWeights(large, folder + "/large").ok());
  const CommandResult result =
      RunCairn({"diff", folder + "/small", folder + "/large"});
  EXPECT_EQ(result.code, 1) << result.errors;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("only in second"), HasSubstr("dense_1/kernel"),
                    HasSubstr("shape"), HasSubstr("(784, 12)")));
}

TEST(DiffTest, WhatCannotBeReadIsExitCode2) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 2);
  EXPECT_EQ(RunCairn({"diff", folder + "/ckpt-4", folder + "/none"}).code, 2);
  Damage(folder + "/ckpt-8");
  const CommandResult result =
      RunCairn({"diff", folder + "/ckpt-4", folder + "/ckpt-8"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.errors, HasSubstr("checksum"));
}

}  // namespace
}  // namespace cairn
