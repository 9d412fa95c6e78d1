#include "layers/conv2d.h"

#include <cmath>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/layer_contract.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_layers.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

LayerCase ConvCase(Conv2DOptions options) {
  options.filters = 3;
  options.kernel_size = {3, 2};
  LayerCase layer_case =
      CaseOf<Conv2D>(options, Spread({2, 5, 6, 2}, -1, 1), "conv2d");
  layer_case.weights = {"kernel", "bias"};
  layer_case.values = {Spread({3, 2, 2, 3}, -1, 1), Spread({3}, -1, 1)};
  return layer_case;
}

TEST(Conv2DTest, KeepsTheContract) {
  const Tensor y = CheckLayer(ConvCase({}));
  EXPECT_EQ(y.shape(), (Shape{2, 3, 5, 3}));
  ExpectClose(y, kConv2DValid, 3e-6);
}

TEST(Conv2DTest, PadsToTheSameSize) {
  const Tensor y = CheckLayer(ConvCase({.padding = "same"}));
  EXPECT_EQ(y.shape(), (Shape{2, 5, 6, 3}));
  ExpectClose(y, kConv2DSame, 3e-6);
}

TEST(Conv2DTest, StridesLeaveOut) {
  const Tensor y = CheckLayer(ConvCase({.strides = {2, 1}, .padding = "same"}));
  EXPECT_EQ(y.shape(), (Shape{2, 3, 6, 3}));
  ExpectClose(y, kConv2DStrides, 3e-6);
}

TEST(Conv2DTest, DilationSpreadsTheFilter) {
  const Tensor y = CheckLayer(ConvCase({.dilation_rate = {2, 3}}));
  EXPECT_EQ(y.shape(), (Shape{2, 1, 3, 3}));
  ExpectClose(y, kConv2DDilation, 3e-6);
}

TEST(Conv2DTest, AnActivationFollowsTheBias) {
  const Tensor y = CheckLayer(ConvCase({.activation = "tanh"}));
  std::vector<float> expected;
  for (const float x : kConv2DValid) expected.push_back(std::tanh(x));
  ExpectClose(y, expected, 3e-6);
}

TEST(Conv2DTest, WithoutABiasThereIsTheKernelAlone) {
  LayerCase layer_case = ConvCase({.use_bias = false});
  layer_case.weights = {"kernel"};
  layer_case.values.pop_back();
  CheckLayer(layer_case);
}

TEST(Conv2DTest, WhatCannotBeIsNamed) {
  const Tensor x = Spread({2, 5, 6, 2}, -1, 1);
  Conv2D none({.kernel_size = {3, 3}, .name = "c"});
  EXPECT_TRUE(
      IsError(ApplyLayer(none, x), kInvalid, {"Conv2D \"c\"", "filters", "0"}));
  Conv2D flat({.filters = 2, .kernel_size = {3, 0}, .name = "c"});
  EXPECT_TRUE(IsError(ApplyLayer(flat, x), kInvalid,
                      {"Conv2D \"c\"", "positive", "(3, 0)"}));
  Conv2D layer({.filters = 2, .kernel_size = {3, 3}});
  EXPECT_TRUE(IsError(ApplyLayer(layer, Spread({2, 6}, 0, 1)), kInvalid,
                      {"Conv2D \"conv2d\"", "channels", "(None, 6)"}));
  Conv2D causal({.filters = 2, .kernel_size = {3, 3}, .padding = "causal"});
  EXPECT_TRUE(IsError(ApplyLayer(causal, x), kInvalid,
                      {"Conv2D \"conv2d\"", "\"same\"", "\"causal\""}));
  Conv2D stuck({.filters = 2, .kernel_size = {3, 3}, .strides = {0, 1}});
  EXPECT_TRUE(IsError(ApplyLayer(stuck, x), kInvalid,
                      {"Conv2D \"conv2d\"", "strides", "(0, 1)"}));
  Conv2D large({.filters = 2, .kernel_size = {7, 3}});
  EXPECT_TRUE(IsError(ApplyLayer(large, x), kInvalid,
                      {"Conv2D \"conv2d\"", "(7, 3)", "(None, 5, 6, 2)"}));
}

TEST(Conv2DTest, OtherChannelsThanItWasBuiltForAreRefused) {
  Conv2D layer({.filters = 2, .kernel_size = {3, 3}, .name = "c"});
  ASSERT_TRUE(IsOk(ApplyLayer(layer, Spread({2, 5, 6, 2}, -1, 1))));
  EXPECT_TRUE(
      IsError(ApplyLayer(layer, Spread({2, 5, 6, 3}, -1, 1)), kInvalid, {"3"}));
}

}  // namespace
}  // namespace cairn
