#include "layers/metrics/binary_accuracy.h"

#include "gtest/gtest.h"
#include "tests/support/rule_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(BinaryAccuracyTest, ARoundedPredictionIsATarget) {
  CheckRule<Metric>(BinaryAccuracy(), {"BinaryAccuracy", "binary_accuracy"});
  EXPECT_EQ(BinaryAccuracy().name(), "binary_accuracy");
  for (const Shape& shape : {Shape{5}, Shape{5, 1}}) {
    CAIRN_ASSERT_OK_AND_ASSIGN(
        const double result,
        RunMetric(
            BinaryAccuracy(),
            {{Tensor::FromValues<int32_t>({0, 1, 1, 0, 1}, shape),
              Tensor::FromValues<float>({.1f, .4f, .8f, .6f, .9f}, {5, 1})}}));
    EXPECT_FLOAT_EQ(result, 0.6);
  }
}

TEST(BinaryAccuracyTest, AHalfIsNoHit) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const double result,
      RunMetric(BinaryAccuracy(),
                {{Tensor::FromValues<int32_t>({1, 0}, {2, 1}),
                  Tensor::FromValues<float>({.5f, .5f}, {2, 1})}}));
  EXPECT_EQ(result, 0.5);
}

TEST(BinaryAccuracyTest, SeveralOfASampleAreAveraged) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const double result,
      RunMetric(BinaryAccuracy(),
                {{Tensor::FromValues<float>({1, 0, 1, 1}, {2, 2}),
                  Tensor::FromValues<float>({.9f, .9f, .9f, .9f}, {2, 2})}}));
  EXPECT_EQ(result, 0.75);
}

}  // namespace
}  // namespace cairn
