#include "layers/activations/sigmoid.h"

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"

namespace cairn {
namespace {

TEST(SigmoidTest, IsKerass) {
  CheckRule<Activation>(Sigmoid(), {"sigmoid"});
  const Tensor x =
      Tensor::FromValues<float>({-3, -1, -0.25f, 0.25f, 1, 3}, {2, 3});
  ExpectClose(CheckActivation(Sigmoid(), x),
              {0.04742587f, 0.2689414f, 0.4378234f, 0.5621765f, 0.7310586f,
               0.9525741f});
}

TEST(SigmoidTest, LargeNumbersStayInRange) {
  ExpectClose(CheckActivation(Sigmoid(),
                              Tensor::FromValues<float>({-1000, 1000}, {1, 2})),
              {0, 1});
}

}  // namespace
}  // namespace cairn
