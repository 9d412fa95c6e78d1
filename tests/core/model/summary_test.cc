#include "core/model/summary.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "core/model/input_layer.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/max_pooling2d.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr char kDigits[] =
    R"(Model: "sequential"
_________________________________________________________________
Layer (type)                 Output Shape              Param #
=================================================================
dense (Dense)                (None, 512)               401920
_________________________________________________________________
dropout (Dropout)            (None, 512)               0
_________________________________________________________________
dense_1 (Dense)              (None, 10)                5130
=================================================================
Total params: 407,050
Trainable params: 407,050
Non-trainable params: 0
_________________________________________________________________
)";

void AddDigitLayers(Sequential& model) {
  model.Add<Dense>({.units = 512, .activation = "relu"});
  model.Add<Dropout>({.rate = 0.2});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
}

TEST(SummaryTest, PrintsKerassTable) {
  Sequential model;
  AddDigitLayers(model);
  ASSERT_TRUE(IsOk(model.EnsureBuilt({{DType::kFloat32, {kDynamic, 784}}})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string text, Summary(model));
  EXPECT_EQ(text, kDigits);
}

TEST(SummaryTest, AnInputLayerIsEnoughToBuildAndIsNoRow) {
  Sequential model;
  model.Add<InputLayer>({.shape = {784}});
  AddDigitLayers(model);
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string text, Summary(model));
  EXPECT_EQ(text, kDigits);
  EXPECT_TRUE(model.built());
}

TEST(SummaryTest, AModelOfUnknownInputSaysWhatToDo) {
  Sequential model;
  AddDigitLayers(model);
  EXPECT_TRUE(IsError(Summary(model), absl::StatusCode::kFailedPrecondition,
                      {"Sequential", "EnsureBuilt()", "data"}));
}

TEST(SummaryTest, ANestedModelIsOneRowWithItsTotal) {
  auto inner = std::make_shared<Sequential>("pretrained");
  inner->Add<Dense>({.units = 64});
  inner->Add<Dense>({.units = 64});
  Sequential model("boxed");
  model.Add<InputLayer>({.shape = {784}});
  model.Add(inner);
  model.Add<Dense>({.units = 5, .name = "predictions"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string text, Summary(model));
  EXPECT_EQ(text, R"(Model: "boxed"
_________________________________________________________________
Layer (type)                 Output Shape              Param #
=================================================================
pretrained (Sequential)      (None, 64)                54400
_________________________________________________________________
predictions (Dense)          (None, 5)                 325
=================================================================
Total params: 54,725
Trainable params: 54,725
Non-trainable params: 0
_________________________________________________________________
)");
}

TEST(SummaryTest, FrozenWeightsAreCountedApart) {
  Sequential model("m");
  model.Add<InputLayer>({.shape = {1000}});
  model.Add<Dense>({.units = 1000, .trainable = false});
  model.Add<Dense>({.units = 1});
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string text, Summary(model));
  EXPECT_NE(text.find("Total params: 1,002,001\nTrainable params: 1,001\n"
                      "Non-trainable params: 1,001,000\n"),
            std::string::npos)
      << text;
}

TEST(SummaryTest, ColumnsStayWhenANameIsTooLong) {
  Sequential model("m");
  model.Add<InputLayer>({.shape = {28, 28, 1}});
  model.Add<Conv2D>({.filters = 32,
                     .kernel_size = {3, 3},
                     .name = "a_convolution_of_a_long_name"});
  model.Add<MaxPooling2D>({});
  model.Add<Flatten>({});
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string text, Summary(model));
  EXPECT_NE(text.find("a_convolution_of_a_long_name (None, 26, 26, 32)"
                      "        320\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("max_pooling2d (MaxPooling2D) (None, 13, 13, 32)"
                      "        0\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("flatten (Flatten)            (None, 5408)"
                      "              0\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace cairn
