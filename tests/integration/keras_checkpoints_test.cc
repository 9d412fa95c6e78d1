// Checkpoints that real Keras 2 and Keras 3 wrote, restored into Cairn.
//
// The environment variable CAIRN_TF_FIXTURES may name a folder of further ones:
// <folder>/<keras>/expected.json and <folder>/<keras>/<model>/tf_checkpoint,
// with x.npy and y.npy beside it.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cairn.h"
#include "core/base/config.h"
#include "core/base/rule.h"
#include "core/io/file_system.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr char kFolder[] = "tests/testdata/keras_checkpoints";

struct Case {
  std::string name;
  std::string folder;  // Of the checkpoint.
  std::string model;   // "mlp", "cnn" or "seq".
  std::string loss;
  Config optimizer;
  Tensor x, y;
  std::vector<double> predictions;
  std::vector<double> losses;  // Of the next steps.
};

void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

// The members of an object, in the test's own errors.
Config Member(const Config& config, const std::string& key) {
  const auto member = config.Find(key);
  EXPECT_TRUE(IsOk(member)) << key;
  return member.ok() ? **member : Config();
}

std::string Text(const Config& config, const std::string& key) {
  const auto text = config.Get<std::string>(key);
  EXPECT_TRUE(IsOk(text));
  return text.ok() ? *text : "";
}

std::vector<double> Numbers(const Config& list) {
  std::vector<double> numbers;
  const auto items = list.As<Config::List>();
  EXPECT_TRUE(IsOk(items));
  if (!items.ok()) return numbers;
  for (const Config& item : *items) numbers.push_back(*item.As<double>());
  return numbers;
}

Config ReadJson(const std::string& path) {
  const auto text =
      ReadFile(FileSystem::Default(), path, /*limit=*/int64_t{1} << 24);
  EXPECT_TRUE(IsOk(text));
  const auto config = Config::FromJson(text.ok() ? *text : "");
  EXPECT_TRUE(IsOk(config));
  return config.ok() ? *config : Config();
}

Tensor Floats(const std::vector<double>& numbers, const Shape& shape) {
  const std::vector<float> values(numbers.begin(), numbers.end());
  return Tensor::FromValues(absl::MakeConstSpan(values), shape);
}

std::vector<Case> CommittedCases() {
  const Config expected = ReadJson(absl::StrCat(kFolder, "/expected.json"));
  std::vector<Case> cases;
  const auto list = Member(expected, "cases").As<Config::List>();
  for (const Config& entry : *list) {
    Case result{.name = Text(entry, "name"),
                .model = Text(entry, "model"),
                .loss = Text(entry, "loss"),
                .optimizer = Member(entry, "optimizer"),
                .predictions = Numbers(Member(entry, "predictions")),
                .losses = Numbers(Member(entry, "losses"))};
    result.folder = absl::StrCat(kFolder, "/", result.name);
    const Config data = Member(Member(expected, "data"), result.model);
    const int64_t rows = *data.Get<int64_t>("rows");
    result.x =
        Floats(Numbers(Member(data, "x")),
               result.model == "cnn" ? Shape{rows, 6, 6, 1} : Shape{rows, 4});
    result.y = Floats(Numbers(Member(data, "y")), {rows, 3});
    cases.push_back(std::move(result));
  }
  return cases;
}

// The numpy file of a tensor of float32 or int64, of the first version.
Tensor ReadNpy(const std::string& path) {
  const auto read =
      ReadFile(FileSystem::Default(), path, /*limit=*/int64_t{1} << 24);
  EXPECT_TRUE(IsOk(read));
  const std::string text = read.ok() ? *read : "";
  EXPECT_EQ(text.substr(0, 7), std::string("\x93NUMPY\x01"));
  const size_t header_size = static_cast<unsigned char>(text[8]) +
                             256 * static_cast<unsigned char>(text[9]);
  const std::string header = text.substr(10, header_size);
  EXPECT_TRUE(absl::StrContains(header, "'fortran_order': False")) << header;
  TensorSpec spec;
  if (absl::StrContains(header, "'<i8'")) {
    spec.dtype = DType::kInt64;
  } else {
    EXPECT_TRUE(absl::StrContains(header, "'<f4'")) << header;
  }
  const size_t open = header.find('('), close = header.find(')');
  for (const absl::string_view size :
       absl::StrSplit(header.substr(open + 1, close - open - 1), ", ",
                      absl::SkipWhitespace())) {
    int64_t number = 0;
    EXPECT_TRUE(absl::SimpleAtoi(absl::StripSuffix(size, ","), &number));
    spec.shape.push_back(number);
  }
  Tensor tensor = Tensor::Zeros(spec);
  const size_t begin = 10 + header_size;
  EXPECT_EQ(text.size() - begin, tensor.bytes().size());
  std::memcpy(tensor.mutable_bytes().data(), text.data() + begin,
              tensor.bytes().size());
  return tensor;
}

Config Optimizer(const std::string& class_name, Config::Object options) {
  return Config::Object{{"class_name", class_name},
                        {"config", std::move(options)}};
}

// The models among the further ones that Cairn has the parts of, and what they
// were compiled with.
std::map<std::string, Config> FurtherModels() {
  return {
      {"seq_adam", Optimizer("Adam", {{"learning_rate", 0.002}})},
      {"opt_adam", Optimizer("Adam", {{"learning_rate", 0.02}})},
      {"opt_amsgrad",
       Optimizer("Adam", {{"learning_rate", 0.02}, {"amsgrad", true}})},
      {"opt_sgd", Optimizer("SGD", {{"learning_rate", 0.05}})},
      {"opt_sgd_momentum",
       Optimizer("SGD", {{"learning_rate", 0.05}, {"momentum", 0.9}})},
      {"opt_sgd_nesterov", Optimizer("SGD", {{"learning_rate", 0.05},
                                             {"momentum", 0.9},
                                             {"nesterov", true}})},
      {"opt_rmsprop", Optimizer("RMSprop", {{"learning_rate", 0.02}})},
      {"opt_rmsprop_centered_momentum",
       Optimizer(
           "RMSprop",
           {{"learning_rate", 0.02}, {"momentum", 0.7}, {"centered", true}})},
  };
}

void AddFurtherCases(const std::string& root, std::vector<Case>& cases) {
  for (const std::string keras : {"keras2.15", "keras3.15"}) {
    const std::string folder = JoinPath(root, keras);
    const Config models =
        Member(ReadJson(JoinPath(folder, "expected.json")), "models");
    for (const auto& [name, optimizer] : FurtherModels()) {
      const Config expected = Member(models, name);
      const std::string below = JoinPath(folder, name);
      const bool is_seq = name == "seq_adam";
      Case result{
          .name = absl::StrCat(keras == "keras2.15" ? "keras2" : "keras3",
                               "_further_", name),
          .folder = JoinPath(below, "tf_checkpoint"),
          .model = is_seq ? "seq" : "mlp",
          .loss = is_seq ? "sparse_categorical_crossentropy" : "mse",
          .optimizer = optimizer,
          .x = ReadNpy(JoinPath(below, Text(expected, "x"))),
          .y = ReadNpy(JoinPath(below, Text(expected, "y"))),
          .predictions =
              Numbers(Member(Member(expected, "predictions"), "data"))};
      const auto next = Member(expected, "continue").As<Config::List>();
      for (const Config& logs : *next) {
        result.losses.push_back(*logs.Get<double>("loss"));
      }
      cases.push_back(std::move(result));
    }
  }
}

std::vector<Case> AllCases() {
  std::vector<Case> cases = CommittedCases();
  const char* const further = std::getenv("CAIRN_TF_FIXTURES");
  if (further != nullptr) AddFurtherCases(further, cases);
  return cases;
}

void AddLayers(const std::string& name, Sequential& model) {
  if (name == "cnn") {
    model.Add<InputLayer>({.shape = {6, 6, 1}});
    model.Add<Conv2D>(
        {.filters = 2, .kernel_size = {3, 3}, .activation = "relu"});
    model.Add<MaxPooling2D>();
    model.Add<Flatten>();
    model.Add<Dense>({.units = 3, .activation = "softmax"});
  } else if (name == "seq") {
    model.Add<InputLayer>({.shape = {20}});
    model.Add<Dense>({.units = 64, .activation = "relu"});
    model.Add<Dense>({.units = 32, .activation = "tanh"});
    model.Add<Dense>({.units = 5, .activation = "softmax"});
  } else {
    ASSERT_EQ(name, "mlp");
    model.Add<InputLayer>({.shape = {4}});
    model.Add<Dense>({.units = 5, .activation = "tanh"});
    model.Add<Dense>({.units = 3});
  }
}

class KerasCheckpointsTest : public ::testing::TestWithParam<Case> {};

TEST_P(KerasCheckpointsTest, PredictsAndTrainsOnAsKeras) {
  const Case& tested = GetParam();
  Sequential model;
  AddLayers(tested.model, model);
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const Rule<cairn::Optimizer> optimizer,
      Rule<cairn::Optimizer>::FromConfig(tested.optimizer, {}));
  ASSERT_TRUE(IsOk(model.Compile(
      {.optimizer = optimizer, .loss = tested.loss, .threads = 1})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             LoadWeights(model, tested.folder));
  EXPECT_EQ(report.match, Match::kObjects);

  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::vector<Tensor> outputs,
      model.Predict(tested.x, {.batch_size = 64, .verbose = 0}));
  const auto values = outputs[0].values<float>();
  ASSERT_EQ(values.size(), tested.predictions.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(values[i], tested.predictions[i], 1e-6);
  }

  ASSERT_EQ(tested.losses.size(), 3u);
  for (const double expected : tested.losses) {
    CAIRN_ASSERT_OK_AND_ASSIGN(
        const Logs logs, model.TrainOnBatch({.inputs = {{"", tested.x}},
                                             .targets = {{"", tested.y}}}));
    EXPECT_NEAR(FindLog(logs, "loss"), expected, 1e-5 * std::fabs(expected));
  }
}

TEST_P(KerasCheckpointsTest, ListsAndVerifies) {
  EXPECT_TRUE(IsOk(VerifySnapshot(GetParam().folder)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             CheckpointReader::Open(GetParam().folder));
  EXPECT_TRUE(reader->Contains("_CHECKPOINTABLE_OBJECT_GRAPH"));
}

TEST_P(KerasCheckpointsTest, AnotherArchitectureIsRefusedWithThePaths) {
  Sequential model;
  model.Add<InputLayer>({.shape = {9}});
  model.Add<Dense>({.units = 2, .name = "only"});
  EXPECT_TRUE(IsError(LoadWeights(model, GetParam().folder),
                      absl::StatusCode::kInvalidArgument,
                      {"only/kernel", "kernel"}));
}

INSTANTIATE_TEST_SUITE_P(, KerasCheckpointsTest,
                         ::testing::ValuesIn(AllCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace cairn
