#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/checkpoints_in_folder.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

// A file of numpy's with these values as a list, of type "<f4" or "<f8".
template <typename T>
void WriteNpy(const std::string& path, const std::string& type,
              const std::vector<T>& values) {
  std::string header = "{'descr': '" + type +
                       "', 'fortran_order': False, 'shape': (" +
                       std::to_string(values.size()) + ",), }";
  header.resize(117, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file << "\x93NUMPY\x01" << '\0' << static_cast<char>(header.size()) << '\0'
       << header;
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(T)));
}

class EditTest : public testing::Test {
 protected:
  EditTest() : folder_(TestFolder()) {
    TrainIntoFolder(folder_, 1);
    in_ = folder_ + "/ckpt-4";
    out_ = folder_ + "/edited";
  }

  CommandResult Edit(const std::string& out,
                     const std::vector<std::string>& options) const {
    std::vector<std::string> words = {"edit", in_, out};
    words.insert(words.end(), options.begin(), options.end());
    return RunCairn(words);
  }

  const std::string folder_;
  std::string in_, out_;
};

TEST_F(EditTest, SetTakesTheValuesOfAFileAndLeavesTheRest) {
  const auto before = WeightsOf(in_);
  const std::vector<float> values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  WriteNpy(folder_ + "/bias.npy", "<f4", values);
  const CommandResult result =
      Edit(out_, {"--set", "dense/bias=" + folder_ + "/bias.npy"});
  ASSERT_EQ(result.code, 0) << result.errors;
  const auto after = WeightsOf(out_);
  EXPECT_EQ(after.at("dense/bias"), values);
  EXPECT_EQ(after.at("dense/kernel"), before.at("dense/kernel"));
  EXPECT_EQ(WeightsOf(in_), before);
  EXPECT_EQ(RunCairn({"verify", out_}).code, 0);
  // The result loads into a model.
  Sequential model;
  BuildSmallModel(model);
  EXPECT_TRUE(LoadWeights(model, out_).ok());
}

TEST_F(EditTest, AnotherTypeIsTakenIfAskedTo) {
  WriteNpy<double>(folder_ + "/bias.npy", "<f8", std::vector<double>(10, 0.5));
  const std::string set = "dense/bias=" + folder_ + "/bias.npy";
  const CommandResult refused = Edit(out_, {"--set", set});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("float64"));
  EXPECT_EQ(RunCairn({"verify", out_}).code, 1);
  ASSERT_EQ(Edit(out_, {"--set", set, "--cast"}).code, 0);
  EXPECT_EQ(WeightsOf(out_).at("dense/bias"), std::vector<float>(10, 0.5f));
}

TEST_F(EditTest, AnotherShapeIsRefusedAndNothingIsWritten) {
  WriteNpy<float>(folder_ + "/bias.npy", "<f4", std::vector<float>(9));
  const CommandResult result =
      Edit(in_, {"--set", "dense/bias=" + folder_ + "/bias.npy", "--reshape"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("(9,)"));
  EXPECT_EQ(RunCairn({"verify", in_}).code, 0);
}

TEST_F(EditTest, AddsATensorAndChangesAConfig) {
  const auto before = WeightsOf(in_);
  const std::vector<float> values = {1, 2, 3};
  WriteNpy(folder_ + "/scale.npy", "<f4", values);
  const CommandResult result =
      Edit(out_, {"--add", "dense/scale=" + folder_ + "/scale.npy", "--config",
                  "compile.optimizer.config.learning_rate=0.25", "--config",
                  "architecture.config.name=\"digits\""});
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(RunCairn({"verify", out_}).code, 0);
  const auto snapshot = ReadSnapshot(out_, AllParts());
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_THAT(snapshot->compile->ToJson(), HasSubstr("\"learning_rate\":0.25"));
  EXPECT_THAT(snapshot->architecture->ToJson(),
              HasSubstr("\"name\":\"digits\""));
  EXPECT_EQ(WeightsOf(out_).at("dense/scale"), values);
  EXPECT_EQ(WeightsOf(in_), before);
  // The result loads into the model of old, which has no use for the tensor.
  Sequential model;
  BuildSmallModel(model);
  const auto report = LoadWeights(model, out_, {.allow_extra = true});
  EXPECT_TRUE(report.ok()) << report.status();
  const CommandResult again =
      Edit(in_, {"--add", "dense/bias=" + folder_ + "/scale.npy"});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.errors, HasSubstr("already"));
}

TEST_F(EditTest, RenamesAndDeletesInPlace) {
  const auto before = WeightsOf(in_);
  const CommandResult result = Edit(
      in_,
      {"--rename", "dense/kernel=logits/kernel", "--delete", "dense/bias"});
  ASSERT_EQ(result.code, 0) << result.errors;
  const auto after = WeightsOf(in_);
  EXPECT_EQ(after.size(), 1u);
  EXPECT_EQ(after.at("logits/kernel"), before.at("dense/kernel"));
  EXPECT_EQ(RunCairn({"verify", in_}).code, 0);
}

TEST_F(EditTest, AMovedObjectIsFoundAtItsNewPath) {
  const CommandResult result =
      Edit(out_, {"--rename", "model/layer_with_weights-0=model/body"});
  ASSERT_EQ(result.code, 0) << result.errors;
  const auto reader = CheckpointReader::Open(out_);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE(
      (*reader)->Contains("model/body/kernel/.ATTRIBUTES/VARIABLE_VALUE"));
}

TEST_F(EditTest, WhatIsNotThereOrIsTakenIsSaidAndNothingIsWritten) {
  const struct {
    std::vector<std::string> options;
    const char* part;
  } all[] = {{{"--delete", "dense/weight"}, "dense/weight"},
             {{"--rename", "dense/kernel=dense/bias"}, "dense/bias"},
             {{"--rename", "dense/kernel"}, "two parts"},
             {{"--config", "compile.optimizer.config.rate=1"}, "learning_rate"},
             {{"--config", "compile.optimizer=sgd"}, "double quotes"},
             {{"--add", "dense/bias=/no/such.npy"}, "/no/such.npy"},
             {{"--set", "dense/bias=/no/such.npy"}, "/no/such.npy"}};
  for (const auto& one : all) {
    const CommandResult result = Edit(out_, one.options);
    EXPECT_EQ(result.code, 1);
    EXPECT_THAT(result.errors, HasSubstr(one.part));
    EXPECT_FALSE(CheckpointReader::Open(out_).ok());
  }
}

}  // namespace
}  // namespace cairn
