#include "layers/metrics/categorical_accuracy.h"

#include "gtest/gtest.h"
#include "tests/support/rule_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(CategoricalAccuracyTest, TheLargestOfBothAreCompared) {
  CheckRule<Metric>(CategoricalAccuracy(),
                    {"CategoricalAccuracy", "categorical_accuracy"});
  EXPECT_EQ(CategoricalAccuracy().name(), "categorical_accuracy");
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const double result,
      RunMetric(
          CategoricalAccuracy(),
          {{Tensor::FromValues<float>({0, 1, 0, 1, 0, 0}, {2, 3}),
            Tensor::FromValues<float>({.2f, .7f, .1f, .3f, .5f, .2f}, {2, 3})},
           // The first of equal ones counts; batches may differ in size.
           {Tensor::FromValues<float>({1, 0, 0}, {1, 3}),
            Tensor::FromValues<float>({.4f, .4f, .2f}, {1, 3})}}));
  EXPECT_FLOAT_EQ(result, 2.0 / 3);
}

TEST(CategoricalAccuracyTest, StepsOfASequenceAreAveraged) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const double result,
      RunMetric(CategoricalAccuracy(),
                {{Tensor::FromValues<float>({0, 1, 0, 1}, {1, 2, 2}),
                  Tensor::FromValues<float>({0, 1, 1, 0}, {1, 2, 2})}}));
  EXPECT_EQ(result, 0.5);
}

}  // namespace
}  // namespace cairn
