#include "optimizers/sgd.h"

#include <memory>

#include "core/base/custom_objects.h"
#include "gtest/gtest.h"
#include "tests/support/optimizer_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_optimizers.h"

namespace cairn {
namespace {

TEST(SGDTest, KeepsTheContract) {
  CheckOptimizer<SGD>({.learning_rate = 0.1}, kSgd);
}

TEST(SGDTest, KeepsTheContractWithMomentum) {
  CheckOptimizer<SGD>({.learning_rate = 0.1, .momentum = 0.9}, kSgdMomentum);
}

TEST(SGDTest, KeepsTheContractWithNesterovsMomentum) {
  CheckOptimizer<SGD>({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true},
                      kSgdNesterov);
}

TEST(SGDTest, DefaultsAreKerass) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::unique_ptr<Optimizer> made,
      CustomObjects().Create<Optimizer>("sgd", Config(Config::Object())));
  EXPECT_EQ(made->GetConfig(), SGD().GetConfig());
  EXPECT_EQ(made->LearningRate(0), 0.01);
  EXPECT_TRUE(made->slots().empty());
}

}  // namespace
}  // namespace cairn
