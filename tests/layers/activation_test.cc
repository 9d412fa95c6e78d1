#include "layers/activation.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/layer_contract.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(ActivationLayerTest, KeepsTheContract) {
  const Tensor x = Tensor::FromValues<float>({-1, 2, 0.5f, -0.25f}, {2, 2});
  ExpectClose(CheckLayer(CaseOf<ActivationLayer>({.activation = "relu"}, x,
                                                 "activation")),
              {0, 2, 0.5f, 0});
  CheckLayer(
      CaseOf<ActivationLayer>({.activation = "softmax"}, x, "activation"));
}

TEST(ActivationLayerTest, AnActivationMustBeGiven) {
  ActivationLayer none({.name = "a"});
  EXPECT_TRUE(IsError(ApplyLayer(none, Spread({2, 2}, 0, 1)),
                      absl::StatusCode::kInvalidArgument,
                      {"Activation \"a\"", "no activation"}));
  ActivationLayer unknown({.activation = "rellu"});
  EXPECT_TRUE(IsError(ApplyLayer(unknown, Spread({2, 2}, 0, 1)),
                      absl::StatusCode::kInvalidArgument, {"rellu", "relu"}));
}

}  // namespace
}  // namespace cairn
