#include "layers/activations/tanh.h"

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"

namespace cairn {
namespace {

TEST(TanhTest, IsKerass) {
  CheckRule<Activation>(Tanh(), {"tanh"});
  const Tensor x =
      Tensor::FromValues<float>({-3, -1, -0.25f, 0.25f, 1, 3}, {2, 3});
  ExpectClose(CheckActivation(Tanh(), x),
              {-0.9950548f, -0.7615942f, -0.2449187f, 0.2449187f, 0.7615942f,
               0.9950548f});
}

TEST(TanhTest, LargeNumbersStayInRange) {
  ExpectClose(
      CheckActivation(Tanh(), Tensor::FromValues<float>({-1000, 1000}, {1, 2})),
      {-1, 1});
}

}  // namespace
}  // namespace cairn
