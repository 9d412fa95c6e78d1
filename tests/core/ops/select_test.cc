#include "core/ops/select.h"

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

TEST(SelectTest, EachElementIsChosenByItsCondition) {
  const Tensor condition =
      Tensor::FromValues<bool>({true, false, false, true}, {2, 2});
  const Tensor a = Tensor::FromValues<float>({1, 2, 3, 4}, {2, 2});
  ExpectClose(CheckOp({.op = "SelectV2",
                       .inputs = {condition, a, Tensor::Scalar(-1.0f)},
                       .batched = {0, 1},
                       .differentiate = {1, 2}})[0],
              {1, -1, -1, 4});
  ExpectClose(CheckOp({.op = "SelectV2",
                       .inputs = {condition, Tensor::Scalar(0.5f), a},
                       .batched = {0, 2},
                       .differentiate = {1, 2}})[0],
              {0.5, 2, 3, 0.5});
}

TEST(SelectTest, TheConditionMustBeBool) {
  const Tensor a = Tensor::FromValues<float>({1, 2}, {2});
  EXPECT_NE(TraceError({.op = "SelectV2", .inputs = {a, a, a}})
                .find("condition must be bool"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn
