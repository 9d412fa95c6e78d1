#include "layers/metrics/sparse_categorical_accuracy.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/rule_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(SparseCategoricalAccuracyTest, TheLargestIsTheLabel) {
  CheckRule<Metric>(
      SparseCategoricalAccuracy(),
      {"SparseCategoricalAccuracy", "sparse_categorical_accuracy"});
  EXPECT_EQ(SparseCategoricalAccuracy().name(), "sparse_categorical_accuracy");
  const Tensor prediction = Tensor::FromValues<float>(
      {.2f, .7f, .1f, .5f, .3f, .2f, .1f, .1f, .8f, .3f, .3f, .4f}, {4, 3});
  for (const Tensor& labels :
       {Tensor::FromValues<uint8_t>({1, 1, 2, 2}, {4}),
        Tensor::FromValues<int64_t>({1, 1, 2, 2}, {4, 1}),
        Tensor::FromValues<float>({1, 1, 2, 2}, {4})}) {
    SCOPED_TRACE(SpecToString(labels.spec()));
    CAIRN_ASSERT_OK_AND_ASSIGN(
        const double result,
        RunMetric(SparseCategoricalAccuracy(), {{labels, prediction}}));
    EXPECT_EQ(result, 0.75);
  }
}

TEST(SparseCategoricalAccuracyTest, BatchesAddUp) {
  const Tensor hit = Tensor::FromValues<int32_t>({0}, {1});
  const Tensor miss = Tensor::FromValues<int32_t>({1, 1, 1}, {3});
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const double result,
      RunMetric(
          SparseCategoricalAccuracy(),
          {{hit, Tensor::FromValues<float>({1, 0}, {1, 2})},
           {miss, Tensor::FromValues<float>({1, 0, 1, 0, 1, 0}, {3, 2})}}));
  EXPECT_EQ(result, 0.25);
}

TEST(SparseCategoricalAccuracyTest, OtherShapesAreRefused) {
  EXPECT_TRUE(IsError(RunMetric(SparseCategoricalAccuracy(),
                                {{Tensor::Zeros({DType::kInt32, {4, 3}}),
                                  Tensor::Zeros({DType::kFloat32, {4, 3}})}}),
                      absl::StatusCode::kInvalidArgument,
                      {"SparseCategoricalAccuracy", "one label"}));
}

}  // namespace
}  // namespace cairn
