#include "optimizers/rmsprop.h"

#include <memory>

#include "core/base/custom_objects.h"
#include "gtest/gtest.h"
#include "tests/support/optimizer_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_optimizers.h"

namespace cairn {
namespace {

TEST(RMSpropTest, KeepsTheContract) {
  CheckOptimizer<RMSprop>({.learning_rate = 0.1}, kRmsProp);
}

TEST(RMSpropTest, AddsEpsilonInsideTheRoot) {
  CheckOptimizer<RMSprop>({.learning_rate = 0.1, .rho = 0.8, .epsilon = 0.1},
                          kRmsPropEpsilon);
}

TEST(RMSpropTest, KeepsTheContractWithMomentum) {
  CheckOptimizer<RMSprop>({.learning_rate = 0.1, .momentum = 0.9},
                          kRmsPropMomentum);
}

TEST(RMSpropTest, KeepsTheContractCentered) {
  CheckOptimizer<RMSprop>({.learning_rate = 0.1, .centered = true},
                          kRmsPropCentered);
}

TEST(RMSpropTest, KeepsTheContractCenteredWithMomentum) {
  CheckOptimizer<RMSprop>(
      {.learning_rate = 0.1, .momentum = 0.9, .centered = true},
      kRmsPropCenteredMomentum);
}

TEST(RMSpropTest, DefaultsAreKerass) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::unique_ptr<Optimizer> made,
      CustomObjects().Create<Optimizer>("rmsprop", Config(Config::Object())));
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const Config expected,
      Config::FromJson(R"({"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0,
                           "epsilon": 1e-7, "centered": false})"));
  EXPECT_EQ(made->GetConfig().ToJson(), expected.ToJson());
}

}  // namespace
}  // namespace cairn
