#include "layers/metrics/accuracy.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/rule_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

std::string Choice(const Shape& target, const Shape& prediction) {
  const std::shared_ptr<const Metric> chosen =
      Accuracy().Choose({DType::kInt32, target}, {DType::kFloat32, prediction});
  return chosen == nullptr ? "" : std::string(chosen->class_name());
}

TEST(AccuracyTest, IsChosenByShapesAsKerasDoes) {
  EXPECT_EQ(Choice({kDynamic, 1}, {kDynamic, 1}), "BinaryAccuracy");
  EXPECT_EQ(Choice({kDynamic}, {kDynamic, 1}), "BinaryAccuracy");
  EXPECT_EQ(Choice({kDynamic}, {kDynamic, 10}), "SparseCategoricalAccuracy");
  EXPECT_EQ(Choice({kDynamic, 1}, {kDynamic, 10}), "SparseCategoricalAccuracy");
  EXPECT_EQ(Choice({kDynamic, 5}, {kDynamic, 5, 10}),
            "SparseCategoricalAccuracy");
  EXPECT_EQ(Choice({kDynamic, 10}, {kDynamic, 10}), "CategoricalAccuracy");
  EXPECT_EQ(Choice({kDynamic, 5, 10}, {kDynamic, 5, 10}),
            "CategoricalAccuracy");
}

TEST(AccuracyTest, ItselfCountsEqualNumbers) {
  CheckRule<Metric>(Accuracy(), {"Accuracy", "accuracy", "acc"});
  EXPECT_EQ(Accuracy().name(), "accuracy");
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const double result,
      RunMetric(Accuracy(), {{Tensor::FromValues<int32_t>({1, 2, 3, 4}, {4}),
                              Tensor::FromValues<float>({1, 0, 3, 4}, {4})}}));
  EXPECT_EQ(result, 0.75);
}

TEST(AccuracyTest, ANameMayBeGiven) {
  EXPECT_EQ(Accuracy({.name = "hits"}).name(), "hits");
}

TEST(AccuracyTest, OtherShapesAreRefused) {
  EXPECT_TRUE(IsError(
      RunMetric(Accuracy(), {{Tensor::Zeros({DType::kInt32, {4, 2}}),
                              Tensor::Zeros({DType::kFloat32, {4, 3}})}}),
      absl::StatusCode::kInvalidArgument, {"Accuracy", "(None, 2)"}));
}

}  // namespace
}  // namespace cairn
