#include "layers/losses/mean_squared_error.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_losses.h"

namespace cairn {
namespace {

const Tensor& Logits() {
  static const Tensor* const logits =
      new Tensor(Tensor::FromValues<float>({1, 2, 0.5f, -1, 0, 3}, {2, 3}));
  return *logits;
}

TEST(MeanSquaredErrorTest, IsKerass) {
  CheckRule<Loss>(MeanSquaredError(),
                  {"MeanSquaredError", "mean_squared_error", "mse", "MSE"});
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult result,
      RunLoss(MeanSquaredError(),
              Tensor::FromValues<float>({0, 1, 0, 1, 0, 0}, {2, 3}), Logits()));
  ExpectClose(result.values, kMeanSquaredError.values);
  ExpectClose(result.gradient, kMeanSquaredError.gradient);
}

TEST(MeanSquaredErrorTest, TargetsOfAnyTypeAreTaken) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult result,
      RunLoss(MeanSquaredError(),
              Tensor::FromValues<uint8_t>({0, 1, 0, 1, 0, 0}, {2, 3}),
              Logits()));
  ExpectClose(result.values, kMeanSquaredError.values);
}

TEST(MeanSquaredErrorTest, ALastAxisOfOneMayBeLeftOut) {
  const Tensor prediction = Tensor::FromValues<float>({1, 3, -2}, {3, 1});
  for (const Shape& shape : {Shape{3}, Shape{3, 1}}) {
    CAIRN_ASSERT_OK_AND_ASSIGN(
        const LossResult result,
        RunLoss(MeanSquaredError(),
                Tensor::FromValues<float>({0, 1, -2}, shape), prediction));
    ExpectClose(result.values, {1, 4, 0});
    ExpectClose(result.gradient, {2.0f / 3, 4.0f / 3, 0});
  }
}

TEST(MeanSquaredErrorTest, EachStepOfASequenceHasALoss) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult result,
      RunLoss(MeanSquaredError(), Tensor::Zeros({DType::kFloat32, {2, 2, 2}}),
              Tensor::FromValues<float>({1, 1, 2, 0, 0, 0, 3, 1}, {2, 2, 2})));
  EXPECT_EQ(result.values.shape(), (Shape{2, 2}));
  ExpectClose(result.values, {1, 2, 0, 5});
}

TEST(MeanSquaredErrorTest, OtherShapesAreRefused) {
  for (const Shape& shape : {Shape{2}, Shape{2, 4}, Shape{2, 3, 1}}) {
    EXPECT_TRUE(
        IsError(RunLoss(MeanSquaredError(),
                        Tensor::Zeros({DType::kFloat32, shape}), Logits()),
                absl::StatusCode::kInvalidArgument,
                {"MeanSquaredError", "(None, 3)", "same shape"}));
  }
}

}  // namespace
}  // namespace cairn
