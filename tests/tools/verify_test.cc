#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/checkpoints_in_folder.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(VerifyTest, AFolderThatIsGoodIsSaidSoCheckpointByCheckpoint) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 2);
  const CommandResult result = RunCairn({"verify", folder});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.errors, "");
  EXPECT_THAT(result.out, AllOf(HasSubstr("good: " + folder + "/ckpt-4:"),
                                HasSubstr("good: " + folder + "/ckpt-8:"),
                                HasSubstr("good: " + folder + "/checkpoint")));
}

TEST(VerifyTest, DamageIsExitCode1WithTensorFileAndBytes) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 2);
  Damage(folder + "/ckpt-8");
  const CommandResult result = RunCairn({"verify", folder});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("good: " + folder + "/ckpt-4:"),
                                HasSubstr("damaged: " + folder + "/ckpt-8"),
                                HasSubstr("kernel/.ATTRIBUTES/VARIABLE_VALUE"),
                                HasSubstr("ckpt-8.data-00000-of-00001, bytes "),
                                HasSubstr("checksum")));
  // One of them alone, by prefix and by index.
  EXPECT_EQ(RunCairn({"verify", folder + "/ckpt-4"}).code, 0);
  EXPECT_EQ(RunCairn({"verify", folder + "/ckpt-4.index"}).code, 0);
  EXPECT_EQ(RunCairn({"verify", folder + "/ckpt-8"}).code, 1);
  EXPECT_EQ(RunCairn({"verify", folder + "/ckpt-4", folder + "/ckpt-8"}).code,
            1);
}

TEST(VerifyTest, JsonSaysWhereTheDamageIs) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 1);
  Damage(folder + "/ckpt-4");
  const CommandResult result =
      RunCairn({"verify", folder + "/ckpt-4", "--json"});
  EXPECT_EQ(result.code, 1);
  const auto json = Config::FromJson(result.out);
  ASSERT_TRUE(json.ok()) << result.out;
  EXPECT_FALSE(*json->Get<bool>("good"));
  const auto verdicts = *json->Get<Config::List>("verdicts");
  ASSERT_EQ(verdicts.size(), 1u);
  const auto faults = *verdicts[0].Get<Config::List>("faults");
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(*faults[0].Get<std::string>("file"),
            folder + "/ckpt-4.data-00000-of-00001");
  const int64_t offset = *faults[0].Get<int64_t>("offset");
  EXPECT_LE(offset, 100);
  EXPECT_GT(offset + *faults[0].Get<int64_t>("size"), 100);
}

TEST(VerifyTest, AnIndexThatEndsEarlyAndAFileThatIsGoneAreFound) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 2);
  std::filesystem::resize_file(folder + "/ckpt-4.index", 200);
  std::filesystem::remove(folder + "/ckpt-8.data-00000-of-00001");
  const CommandResult result = RunCairn({"verify", folder});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("damaged: " + folder + "/ckpt-4"),
                                HasSubstr("missing: " + folder + "/ckpt-8")));
}

TEST(VerifyTest, LeftOversAreNamedAndDoNoHarm) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 1);
  std::ofstream(folder + "/ckpt-9.data-00000-of-00001") << "half";
  std::ofstream(folder + "/ckpt-9.index.tmp-77") << "half";
  const CommandResult result = RunCairn({"verify", folder});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("left over: " + folder + "/ckpt-9.data-00000-of-00001"),
            HasSubstr("left over: " + folder + "/ckpt-9.index.tmp-77")));
}

TEST(VerifyTest, AStateFileThatNamesWhatIsGoneIsAFault) {
  const std::string folder = TestFolder();
  TrainIntoFolder(folder, 2);
  std::filesystem::remove(folder + "/ckpt-8.index");
  const CommandResult result = RunCairn({"verify", folder});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr(folder + "/checkpoint"));
  EXPECT_THAT(result.out, HasSubstr("ckpt-8"));
}

TEST(VerifyTest, WhatIsNotThereIsExitCode1) {
  const CommandResult result = RunCairn({"verify", TestFolder() + "/none"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("missing: "));
  EXPECT_THAT(result.out, Not(HasSubstr("good")));
}

}  // namespace
}  // namespace cairn
