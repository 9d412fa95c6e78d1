#include "layers/initializers/glorot_normal.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"
#include "tests/support/snapshots.h"

namespace cairn {
namespace {

void CheckVariance(const Shape& shape, double variance) {
  const Tensor value = CheckInitializer(GlorotNormal(), shape);
  // The mean of n numbers deviates by 1/sqrt(n) of one's.
  const double n = static_cast<double>(value.size());
  EXPECT_NEAR(MeanOf(value), 0, 5 * std::sqrt(variance / n));
  EXPECT_NEAR(DeviationOf(value) / std::sqrt(variance), 1, 0.03);
  // Cut at two deviations of the normal that was widened for it.
  const double limit = 2 * std::sqrt(variance) / 0.87962566103423978;
  EXPECT_LE(Largest(value), limit * (1 + 1e-6));
  EXPECT_GT(Largest(value), 0.98 * limit);
}

TEST(GlorotNormalTest, TheVarianceFollowsFromTheFans) {
  CheckVariance({300, 200}, 2.0 / (300 + 200));
}

TEST(GlorotNormalTest, PlacesOfAFilterCountInTheFans) {
  CheckVariance({3, 3, 40, 60}, 2.0 / (9 * 40 + 9 * 60));
}

TEST(GlorotNormalTest, AVectorHasItsLengthForFans) {
  CheckVariance({10000}, 2.0 / (10000 + 10000));
}

TEST(GlorotNormalTest, IsRebuiltAndSeedsDiffer) {
  CheckRule<Initializer>(GlorotNormal(), {"GlorotNormal", "glorot_normal"});
  EXPECT_NE(BytesOf({CheckInitializer(GlorotNormal(), {4, 4}, 1)}),
            BytesOf({CheckInitializer(GlorotNormal(), {4, 4}, 2)}));
}

}  // namespace
}  // namespace cairn
