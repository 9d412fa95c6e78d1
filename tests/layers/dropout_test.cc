#include "layers/dropout.h"

#include <vector>

#include "absl/status/status.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "tests/support/layer_contract.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(DropoutTest, KeepsTheContract) {
  const Tensor x = Spread({4, 10}, -2, 2);
  const Tensor y = CheckLayer(CaseOf<Dropout>({.rate = 0.3}, x, "dropout"));
  const absl::Span<const float> values = x.values<float>();
  ExpectClose(y, std::vector<float>(values.begin(), values.end()));
}

TEST(DropoutTest, TrainingDropsAShareAndScalesTheRest) {
  Dropout layer({.rate = 0.25});
  Tensor x = Tensor::Zeros({DType::kFloat32, {100, 100}});
  for (float& value : x.mutable_values<float>()) value = 3;
  CAIRN_ASSERT_OK_AND_ASSIGN(const Tensor y, ApplyLayer(layer, x, true));
  int dropped = 0;
  for (const float value : y.values<float>()) {
    if (value == 0) {
      ++dropped;
    } else {
      ASSERT_FLOAT_EQ(value, 4);
    }
  }
  // Of 10000, with a deviation of 43.
  EXPECT_NEAR(dropped, 2500, 250);
}

TEST(DropoutTest, ARateOfZeroHandsOn) {
  Dropout layer({.rate = 0});
  const Tensor x = Spread({4, 10}, -2, 2);
  CAIRN_ASSERT_OK_AND_ASSIGN(const Tensor y, ApplyLayer(layer, x, true));
  const absl::Span<const float> values = x.values<float>();
  ExpectClose(y, std::vector<float>(values.begin(), values.end()), 0);
}

TEST(DropoutTest, TwoLayersDropDifferentElements) {
  Sequential model;
  model.Add<Dropout>({.rate = 0.5});
  model.Add<Dropout>({.rate = 0.5});
  Tensor x = Tensor::Zeros({DType::kFloat32, {100, 100}});
  for (float& value : x.mutable_values<float>()) value = 1;
  CAIRN_ASSERT_OK_AND_ASSIGN(const Tensor y, ApplyLayer(model, x, true));
  int kept = 0;
  for (const float value : y.values<float>()) kept += value != 0;
  EXPECT_NEAR(kept, 2500, 250);
}

TEST(DropoutTest, ARateThatIsNoneIsNamed) {
  for (const double rate : {-0.1, 1.0, 1.5}) {
    Dropout layer({.rate = rate, .name = "d"});
    EXPECT_TRUE(IsError(ApplyLayer(layer, Spread({4, 10}, -2, 2)),
                        absl::StatusCode::kInvalidArgument,
                        {"Dropout \"d\"", "rate", "[0, 1)"}));
  }
}

}  // namespace
}  // namespace cairn
