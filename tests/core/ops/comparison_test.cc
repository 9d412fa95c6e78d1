#include "core/ops/comparison.h"

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

std::vector<bool> Truths(const Tensor& tensor) {
  const absl::Span<const bool> values = tensor.values<bool>();
  return std::vector<bool>(values.begin(), values.end());
}

TEST(ComparisonTest, FloatsAreCompared) {
  const Tensor a = Tensor::FromValues<float>({1, 2, 3}, {3});
  const Tensor b = Tensor::FromValues<float>({2, 2, 2}, {3});
  EXPECT_EQ(Truths(CheckOp({.op = "Equal", .inputs = {a, b}})[0]),
            std::vector<bool>({false, true, false}));
  EXPECT_EQ(Truths(CheckOp({.op = "Greater", .inputs = {a, b}})[0]),
            std::vector<bool>({false, false, true}));
  EXPECT_EQ(Truths(CheckOp({.op = "GreaterEqual", .inputs = {a, b}})[0]),
            std::vector<bool>({false, true, true}));
}

TEST(ComparisonTest, AScalarStandsForAll) {
  const Tensor labels = Tensor::FromValues<int64_t>({4, 7, 4, 9}, {2, 2});
  const Tensor four = Tensor::Scalar<int64_t>(4);
  EXPECT_EQ(Truths(CheckOp(
                {.op = "Equal", .inputs = {labels, four}, .batched = {0}})[0]),
            std::vector<bool>({true, false, true, false}));
  EXPECT_EQ(Truths(CheckOp({.op = "Greater", .inputs = {four, labels}})[0]),
            std::vector<bool>({false, false, false, false}));
}

TEST(ComparisonTest, MixedTypesAndShapesAreRefused) {
  const Tensor a = Tensor::FromValues<float>({1, 2}, {2});
  EXPECT_NE(TraceError({.op = "Equal",
                        .inputs = {a, Tensor::FromValues<int64_t>({1}, {1})}})
                .find("cannot compare"),
            std::string::npos);
  EXPECT_NE(
      TraceError({.op = "Equal",
                  .inputs = {a, Tensor::FromValues<float>({1, 2, 3}, {3})}})
          .find("shapes differ"),
      std::string::npos);
}

}  // namespace
}  // namespace cairn
