#include "layers/rescaling.h"

#include "gtest/gtest.h"
#include "tests/support/layer_contract.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(RescalingTest, KeepsTheContract) {
  const Tensor x = Tensor::FromValues<float>({0, 1, 2, -1}, {2, 2});
  ExpectClose(CheckLayer(CaseOf<Rescaling>({.scale = 0.5, .offset = -1}, x,
                                           "rescaling")),
              {-1, -0.5f, 0, -1.5f});
}

TEST(RescalingTest, BytesBecomeFloats) {
  const Tensor x = Tensor::FromValues<uint8_t>({0, 51, 255, 102}, {2, 2});
  const Tensor y =
      CheckLayer(CaseOf<Rescaling>({.scale = 1.0 / 255}, x, "rescaling"));
  EXPECT_EQ(y.dtype(), DType::kFloat32);
  ExpectClose(y, {0, 0.2f, 1, 0.4f});
}

TEST(RescalingTest, TheDefaultChangesNothing) {
  Rescaling layer;
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const Tensor y,
      ApplyLayer(layer, Tensor::FromValues<float>({1.5f, -2}, {2, 1})));
  ExpectClose(y, {1.5f, -2}, 0);
}

}  // namespace
}  // namespace cairn
