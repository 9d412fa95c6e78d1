#include "core/model/input_layer.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/config.h"
#include "core/base/custom_objects.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(InputLayerTest, TheSpecHasAnOpenBatch) {
  const InputLayer layer({.shape = {28, 28, 1}, .dtype = "uint8"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const TensorSpec spec, layer.InputSpec());
  EXPECT_EQ(spec, (TensorSpec{DType::kUInt8, {kDynamic, 28, 28, 1}}));
}

TEST(InputLayerTest, FloatsAreTheDefault) {
  CAIRN_ASSERT_OK_AND_ASSIGN(const TensorSpec spec,
                             InputLayer({.shape = {}}).InputSpec());
  EXPECT_EQ(spec, (TensorSpec{DType::kFloat32, {kDynamic}}));
}

TEST(InputLayerTest, WhatIsNoShapeOrTypeIsNamed) {
  EXPECT_TRUE(
      IsError(InputLayer({.shape = {3, 0}, .name = "digits"}).InputSpec(),
              absl::StatusCode::kInvalidArgument,
              {"InputLayer \"digits\"", "positive", "0"}));
  EXPECT_TRUE(
      IsError(InputLayer({.shape = {3}, .dtype = "float31"}).InputSpec(),
              absl::StatusCode::kInvalidArgument, {"float31"}));
}

TEST(InputLayerTest, TheConfigMakesAnEqualLayer) {
  const InputLayer layer(
      {.shape = {28, 28}, .name = "digits", .dtype = "uint8"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Layer> made,
                             Deserialize<Layer>(Serialize(layer)));
  EXPECT_EQ(made->class_name(), "InputLayer");
  EXPECT_EQ(made->name(), "digits");
  EXPECT_EQ(made->GetConfig(), layer.GetConfig());
  const absl::StatusOr<Config> expected = Config::FromJson(
      R"({"shape": [28, 28], "name": "digits", "trainable": true,
          "dtype": "uint8"})");
  ASSERT_TRUE(IsOk(expected));
  EXPECT_EQ(layer.GetConfig(), *expected);
}

}  // namespace
}  // namespace cairn
