#include "layers/activations/linear.h"

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"

namespace cairn {
namespace {

TEST(LinearTest, IsTheNumberItself) {
  CheckRule<Activation>(Linear(), {"linear"});
  const Tensor x =
      Tensor::FromValues<float>({-3, -1, -0.25f, 0.25f, 1, 3}, {2, 3});
  ExpectClose(CheckActivation(Linear(), x), {-3, -1, -0.25f, 0.25f, 1, 3});
}

}  // namespace
}  // namespace cairn
