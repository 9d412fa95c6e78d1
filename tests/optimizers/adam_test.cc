#include "optimizers/adam.h"

#include <memory>

#include "absl/status/status.h"
#include "core/base/custom_objects.h"
#include "gtest/gtest.h"
#include "tests/support/optimizer_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_optimizers.h"

namespace cairn {
namespace {

TEST(AdamTest, KeepsTheContract) {
  CheckOptimizer<Adam>({.learning_rate = 0.1}, kAdam);
}

TEST(AdamTest, AddsEpsilonToTheUncorrectedRoot) {
  CheckOptimizer<Adam>(
      {.learning_rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.9, .epsilon = 0.1},
      kAdamEpsilon);
}

TEST(AdamTest, KeepsTheContractWithTheLargestVelocity) {
  CheckOptimizer<Adam>({.learning_rate = 0.1, .beta_2 = 0.5, .amsgrad = true},
                       kAdamAmsgrad);
}

TEST(AdamTest, DefaultsAreKerass) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::unique_ptr<Optimizer> made,
      CustomObjects().Create<Optimizer>("adam", Config(Config::Object())));
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const Config expected,
      Config::FromJson(R"({"learning_rate": 0.001, "beta_1": 0.9,
                           "beta_2": 0.999, "epsilon": 1e-7,
                           "amsgrad": false})"));
  EXPECT_EQ(made->GetConfig(), expected);
}

TEST(AdamTest, AnUnknownOptionIsNamed) {
  EXPECT_TRUE(IsError(CustomObjects().Create<Optimizer>(
                          "Adam", Config(Config::Object{{"beta1", 0.9}})),
                      absl::StatusCode::kInvalidArgument,
                      {"\"beta1\"", "beta_1"}));
}

}  // namespace
}  // namespace cairn
