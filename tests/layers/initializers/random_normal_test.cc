#include "layers/initializers/random_normal.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"
#include "tests/support/snapshots.h"

namespace cairn {
namespace {

TEST(RandomNormalTest, MeanAndDeviationAreThoseGiven) {
  CheckRule<Initializer>(RandomNormal({.mean = 2, .stddev = 3}),
                         {"RandomNormal", "random_normal"});
  const Tensor value =
      CheckInitializer(RandomNormal({.mean = 2, .stddev = 3}), {100, 400});
  EXPECT_NEAR(MeanOf(value), 2, 5 * 3.0 / 200);
  EXPECT_NEAR(DeviationOf(value), 3, 0.06);
  int beyond_two = 0;
  for (const float x : value.values<float>()) beyond_two += std::abs(x - 2) > 6;
  // 4.55 percent of 40000.
  EXPECT_NEAR(beyond_two, 1820, 220);
}

TEST(RandomNormalTest, TheDefaultsAreKerass) {
  const Tensor value = CheckInitializer(RandomNormal(), {100, 100});
  EXPECT_NEAR(DeviationOf(value), 0.05, 0.002);
}

}  // namespace
}  // namespace cairn
