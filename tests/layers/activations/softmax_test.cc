#include "layers/activations/softmax.h"

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"

namespace cairn {
namespace {

TEST(SoftmaxTest, RowsOfTheLastAxisAddUpToOne) {
  CheckRule<Activation>(Softmax(), {"softmax"});
  const Tensor x = Tensor::FromValues<float>({1, 2, 3, 0, 0, 0}, {2, 3});
  ExpectClose(
      CheckActivation(Softmax(), x),
      {0.09003057f, 0.24472848f, 0.66524094f, 1.0f / 3, 1.0f / 3, 1.0f / 3});
}

TEST(SoftmaxTest, AxesBeforeTheLastAreRows) {
  const Tensor x =
      Tensor::FromValues<float>({0, 0, 1, 1, -2, -2, 5, 5}, {2, 2, 2});
  ExpectClose(CheckActivation(Softmax(), x),
              {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f});
}

TEST(SoftmaxTest, LargeNumbersStayFinite) {
  const Tensor x = Tensor::FromValues<float>({1000, -1000}, {1, 2});
  ExpectClose(CheckActivation(Softmax(), x), {1, 0});
}

}  // namespace
}  // namespace cairn
