#include "layers/flatten.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/support/layer_contract.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(FlattenTest, KeepsTheContract) {
  const Tensor x = Spread({2, 2, 3, 2}, -2, 2);
  const Tensor y = CheckLayer(CaseOf<Flatten>({}, x, "flatten"));
  EXPECT_EQ(y.shape(), (Shape{2, 12}));
  const absl::Span<const float> values = x.values<float>();
  ExpectClose(y, std::vector<float>(values.begin(), values.end()), 0);
}

TEST(FlattenTest, ARowOfOneNumberBecomesAColumn) {
  Flatten layer;
  CAIRN_ASSERT_OK_AND_ASSIGN(const Tensor y,
                             ApplyLayer(layer, Spread({5}, 0, 1)));
  EXPECT_EQ(y.shape(), (Shape{5, 1}));
}

}  // namespace
}  // namespace cairn
