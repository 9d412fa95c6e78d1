#include "layers/max_pooling2d.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/layer_contract.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_layers.h"

namespace cairn {
namespace {

LayerCase PoolCase(const MaxPooling2DOptions& options) {
  LayerCase layer_case = CaseOf<MaxPooling2D>(
      options, Spread({2, 5, 6, 2}, -1, 1), "max_pooling2d");
  // The values lie close together; none may pass another.
  layer_case.step = 1e-3;
  return layer_case;
}

TEST(MaxPooling2DTest, KeepsTheContract) {
  const Tensor y = CheckLayer(PoolCase({}));
  EXPECT_EQ(y.shape(), (Shape{2, 2, 3, 2}));
  ExpectClose(y, kMaxPooling2DDefault);
}

TEST(MaxPooling2DTest, WindowsMayOverlap) {
  const Tensor y =
      CheckLayer(PoolCase({.pool_size = {3, 2}, .strides = {{1, 2}}}));
  EXPECT_EQ(y.shape(), (Shape{2, 3, 3, 2}));
  ExpectClose(y, kMaxPooling2DOverlapping);
}

TEST(MaxPooling2DTest, PaddingIsNoValue) {
  const Tensor y = CheckLayer(
      PoolCase({.pool_size = {3, 3}, .strides = {{2, 2}}, .padding = "same"}));
  EXPECT_EQ(y.shape(), (Shape{2, 3, 3, 2}));
  ExpectClose(y, kMaxPooling2DSame);
}

TEST(MaxPooling2DTest, WhatCannotBeIsNamed) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  MaxPooling2D layer;
  EXPECT_TRUE(IsError(ApplyLayer(layer, Spread({2, 6}, 0, 1)), kInvalid,
                      {"MaxPooling2D \"max_pooling2d\"", "(None, 6)"}));
  MaxPooling2D none({.pool_size = {0, 2}});
  EXPECT_TRUE(IsError(ApplyLayer(none, Spread({2, 4, 4, 1}, 0, 1)), kInvalid,
                      {"MaxPooling2D", "(0, 2)"}));
  MaxPooling2D odd({.padding = "causal"});
  EXPECT_TRUE(IsError(ApplyLayer(odd, Spread({2, 4, 4, 1}, 0, 1)), kInvalid,
                      {"MaxPooling2D", "\"causal\""}));
}

}  // namespace
}  // namespace cairn
