#include "layers/losses/categorical_crossentropy.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_losses.h"

namespace cairn {
namespace {

const Tensor& Soft() {
  static const Tensor* const target = new Tensor(
      Tensor::FromValues<float>({.1f, .8f, .1f, .3f, .3f, .4f}, {2, 3}));
  return *target;
}

const Tensor& Logits() {
  static const Tensor* const logits =
      new Tensor(Tensor::FromValues<float>({1, 2, 0.5f, -1, 0, 3}, {2, 3}));
  return *logits;
}

TEST(CategoricalCrossentropyTest, OfProbabilitiesIsKerass) {
  CheckRule<Loss>(CategoricalCrossentropy({.from_logits = true}),
                  {"CategoricalCrossentropy", "categorical_crossentropy"});
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult result,
      RunLoss(
          CategoricalCrossentropy(), Soft(),
          Tensor::FromValues<float>({.2f, .7f, .1f, .5f, .3f, .2f}, {2, 3})));
  ExpectClose(result.values, kCategoricalProbabilities.values);
  ExpectClose(result.gradient, kCategoricalProbabilities.gradient);
}

TEST(CategoricalCrossentropyTest, OfLogitsIsKerass) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult result,
      RunLoss(CategoricalCrossentropy({.from_logits = true}), Soft(),
              Logits()));
  ExpectClose(result.values, kCategoricalLogits.values);
  ExpectClose(result.gradient, kCategoricalLogits.gradient);
}

TEST(CategoricalCrossentropyTest, NumbersThatDoNotAddUpToOneAreDivided) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult result,
      RunLoss(
          CategoricalCrossentropy(),
          Tensor::FromValues<float>({0, 1, 0, 1, 0, 0}, {2, 3}),
          Tensor::FromValues<float>({.4f, .9f, .2f, .1f, .2f, .3f}, {2, 3})));
  ExpectClose(result.values, kCategoricalUnnormalized.values);
  ExpectClose(result.gradient, kCategoricalUnnormalized.gradient);
}

TEST(CategoricalCrossentropyTest, ASoftmaxBeforeItIsJoined) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult result,
      RunLossOfSoftmax(CategoricalCrossentropy(), Soft(), Logits()));
  ExpectClose(result.values, kCategoricalLogits.values);
  ExpectClose(result.gradient, kCategoricalLogits.gradient);
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult huge,
      RunLossOfSoftmax(
          CategoricalCrossentropy(),
          Tensor::FromValues<float>({0, 1, 1, 0}, {2, 2}),
          Tensor::FromValues<float>({1e4f, -1e4f, 300, 0}, {2, 2})));
  ExpectClose(huge.values, {2e4f, 0});
  ExpectClose(huge.gradient, {0.5f, -0.5f, 0, 0});
}

TEST(CategoricalCrossentropyTest, StepsOfSequencesAreRows) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult result,
      RunLoss(CategoricalCrossentropy({.from_logits = true}),
              Soft().Reshaped({1, 2, 3}), Logits().Reshaped({1, 2, 3})));
  EXPECT_EQ(result.values.shape(), (Shape{1, 2}));
  ExpectClose(result.values, kCategoricalLogits.values);
  ExpectClose(result.gradient, kCategoricalLogits.gradient);
}

TEST(CategoricalCrossentropyTest, LabelsAreRefused) {
  EXPECT_TRUE(
      IsError(RunLoss(CategoricalCrossentropy(),
                      Tensor::FromValues<int32_t>({1, 0}, {2}), Logits()),
              absl::StatusCode::kInvalidArgument,
              {"CategoricalCrossentropy", "(None,)", "(None, 3)"}));
}

}  // namespace
}  // namespace cairn
