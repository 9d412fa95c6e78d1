#include "layers/initializers/random_uniform.h"

#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"
#include "tests/support/snapshots.h"

namespace cairn {
namespace {

TEST(RandomUniformTest, TheRangeIsFilledEvenly) {
  CheckRule<Initializer>(RandomUniform({.minval = -1, .maxval = 3}),
                         {"RandomUniform", "random_uniform"});
  const Tensor value =
      CheckInitializer(RandomUniform({.minval = -1, .maxval = 3}), {100, 400});
  // The deviation of the mean of 40000 numbers is 4 / sqrt(12) / 200.
  EXPECT_NEAR(MeanOf(value), 1, 5 * 0.0058);
  EXPECT_NEAR(DeviationOf(value), 4 / std::sqrt(12.0), 0.02);
  float least = 3, most = -1;
  for (const float x : value.values<float>()) {
    least = std::min(least, x);
    most = std::max(most, x);
  }
  EXPECT_GE(least, -1);
  EXPECT_LT(least, -0.99);
  EXPECT_LT(most, 3);
  EXPECT_GT(most, 2.99);
}

TEST(RandomUniformTest, TheDefaultRangeIsKerass) {
  const Tensor value = CheckInitializer(RandomUniform(), {100, 100});
  EXPECT_LE(Largest(value), 0.05f);
  EXPECT_GT(Largest(value), 0.0499f);
}

}  // namespace
}  // namespace cairn
