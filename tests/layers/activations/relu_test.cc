#include "layers/activations/relu.h"

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"

namespace cairn {
namespace {

TEST(ReluTest, CutsOffNegativeNumbers) {
  CheckRule<Activation>(Relu(), {"relu"});
  const Tensor x =
      Tensor::FromValues<float>({-3, -1, -0.25f, 0.25f, 1, 3}, {2, 3});
  ExpectClose(CheckActivation(Relu(), x), {0, 0, 0, 0.25f, 1, 3});
}

}  // namespace
}  // namespace cairn
