#include "core/model/sequential.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/config.h"
#include "core/model/input_layer.h"
#include "core/tensor/tensor.h"
#include "gtest/gtest.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

std::vector<std::string> PathsOf(const Layer& layer) {
  std::vector<std::string> paths;
  for (const Weight& weight : layer.weights()) paths.push_back(weight.path);
  return paths;
}

TEST(SequentialTest, TheFirstDataBuildIt) {
  Sequential model;
  model.Add<Dense>({.units = 3});
  model.Add<Dropout>({.rate = 0.5});
  model.Add<Dense>({.units = 2});
  EXPECT_FALSE(model.built());
  EXPECT_TRUE(model.weights().empty());
  ASSERT_TRUE(IsOk(model.Predict(Spread({4, 5}, -1, 1), {.verbose = 0})));
  EXPECT_TRUE(model.built());
  EXPECT_EQ(PathsOf(model),
            (std::vector<std::string>{"dense/kernel", "dense/bias",
                                      "dense_1/kernel", "dense_1/bias"}));
  EXPECT_EQ(model.weights()[0].variable->spec().shape, (Shape{5, 3}));
}

TEST(SequentialTest, AnInputLayerBuildsItWithoutData) {
  Sequential model;
  model.Add<InputLayer>({.shape = {5}});
  model.Add<Dense>({.units = 3});
  ASSERT_TRUE(IsOk(model.TakeSnapshot({})));
  EXPECT_EQ(model.GetWeights()[0].shape(), (Shape{5, 3}));
  EXPECT_EQ(model.layers().size(), 1) << "the input is no child";
}

TEST(SequentialTest, DataThatDoNotFitTheInputLayerAreRefused) {
  Sequential model("m");
  model.Add<InputLayer>({.shape = {28, 28}});
  model.Add<Flatten>();
  model.Add<Dense>({.units = 3});
  EXPECT_TRUE(IsError(model.Predict(Spread({2, 784}, 0, 1), {.verbose = 0}),
                      kInvalid,
                      {"Sequential \"m\"", "(None, 28, 28)", "(None, 784)"}));
  EXPECT_FALSE(model.built());
  ASSERT_TRUE(IsOk(model.Predict(Spread({2, 28, 28}, 0, 1), {.verbose = 0})));
  EXPECT_TRUE(IsError(model.Predict(Spread({2, 30, 28}, 0, 1), {.verbose = 0}),
                      kInvalid, {"30"}))
      << "also once it is built";
}

TEST(SequentialTest, DataOfAnotherShapeThanTheFirstAreRefused) {
  Sequential model;
  model.Add<Dense>({.units = 3, .name = "logits"});
  ASSERT_TRUE(IsOk(model.Predict(Spread({2, 5}, 0, 1), {.verbose = 0})));
  EXPECT_TRUE(IsError(model.Predict(Spread({2, 6}, 0, 1), {.verbose = 0}),
                      kInvalid, {"Dense \"logits\"", "5", "(None, 6)"}));
}

TEST(SequentialTest, LayersThatDoNotFitAreNamed) {
  Sequential model;
  model.Add<Dense>({.units = 3});
  model.Add<Conv2D>({.filters = 3, .kernel_size = {3, 3}, .name = "features"});
  EXPECT_TRUE(IsError(model.Predict(Spread({2, 5}, 0, 1), {.verbose = 0}),
                      kInvalid, {"Conv2D \"features\"", "(None, 3)"}));
}

TEST(SequentialTest, OneNameForTwoLayersIsRefused) {
  Sequential model;
  model.Add<Dense>({.units = 3, .name = "twin"});
  model.Add<Dense>({.units = 3, .name = "twin"});
  EXPECT_TRUE(IsError(model.Predict(Spread({2, 5}, 0, 1), {.verbose = 0}),
                      kInvalid, {"\"twin\"", "another name"}));
}

TEST(SequentialTest, NamesThatAreGivenAreKeptClear) {
  Sequential model;
  model.Add<Dense>({.units = 3, .name = "dense_1"});
  model.Add<Dense>({.units = 3});
  model.Add<Dense>({.units = 3});
  EXPECT_EQ(model.layers()[1]->name(), "dense");
  EXPECT_EQ(model.layers()[2]->name(), "dense_2");
}

TEST(SequentialTest, AnInputLayerComesFirst) {
  Sequential model;
  model.Add<Dense>({.units = 3});
  model.Add<InputLayer>({.shape = {5}});
  EXPECT_TRUE(IsError(model.Predict(Spread({2, 5}, 0, 1), {.verbose = 0}),
                      kInvalid, {"InputLayer", "first"}));
}

TEST(SequentialTest, WithoutLayersThereIsNothingToDo) {
  Sequential model("empty");
  EXPECT_TRUE(IsError(model.Predict(Spread({2, 5}, 0, 1), {.verbose = 0}),
                      kPrecondition, {"\"empty\"", "no layers"}));
}

TEST(SequentialTest, ALayerThatIsAddedTooLateIsAnErrorOfWhateverFollows) {
  Sequential model;
  model.Add<Dense>({.units = 3});
  ASSERT_TRUE(
      IsOk(model.Compile({.optimizer = "sgd", .loss = "mean_squared_error"})));
  const Tensor x = Spread({2, 5}, 0, 1), y = Spread({2, 3}, 0, 1);
  ASSERT_TRUE(IsOk(model.Fit(x, y, {.verbose = 0})));
  model.Add<Dense>({.units = 1});
  for (const absl::Status& status :
       {model.Fit(x, y, {.verbose = 0}).status(),
        model.Evaluate(x, y, {.verbose = 0}).status(),
        model.Predict(x, {.verbose = 0}).status(),
        model.TrainOnBatch({.inputs = {{"", x}}, .targets = {{"", y}}})
            .status(),
        model.TakeSnapshot({}).status(),
        model.Compile({.optimizer = "sgd", .loss = "mean_squared_error"})}) {
    EXPECT_TRUE(IsError(status, kPrecondition, {"before the model is built"}));
  }
}

TEST(SequentialTest, NestedModelsAreLayers) {
  auto inner = std::make_shared<Sequential>();
  inner->Add<Dense>({.units = 4});
  inner->Add<Dense>({.units = 3});
  Sequential model;
  model.Add<Dense>({.units = 6});
  model.Add(inner);
  ASSERT_TRUE(IsOk(model.Predict(Spread({2, 5}, 0, 1), {.verbose = 0})));
  EXPECT_EQ(PathsOf(model),
            (std::vector<std::string>{
                "dense/kernel", "dense/bias", "sequential/dense/kernel",
                "sequential/dense/bias", "sequential/dense_1/kernel",
                "sequential/dense_1/bias"}));
  EXPECT_EQ(PathsOf(*inner)[2], "dense_1/kernel");
}

TEST(SequentialTest, TheConfigListsTheLayers) {
  Sequential model("m");
  model.Add<InputLayer>({.shape = {784}});
  model.Add<Dropout>({.rate = 0.25});
  const absl::StatusOr<Config> expected = Config::FromJson(
      R"({"name": "m", "layers": [
        {"class_name": "InputLayer", "config": {"shape": [784],
         "name": "input_layer", "trainable": true, "dtype": ""}},
        {"class_name": "Dropout", "config": {"rate": 0.25,
         "name": "dropout", "trainable": true, "dtype": ""}}]})");
  ASSERT_TRUE(IsOk(expected));
  EXPECT_EQ(model.GetConfig(), *expected) << model.GetConfig().ToJson();
}

TEST(SequentialTest, ALayerOfATypeThatItCannotComputeInIsRefused) {
  Sequential model;
  model.Add<Dense>({.units = 2, .name = "wide", .dtype = "float64"});
  EXPECT_TRUE(IsError(model.EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}}),
                      absl::StatusCode::kInvalidArgument,
                      {"wide", "float64", "float32"}));
}

}  // namespace
}  // namespace cairn
