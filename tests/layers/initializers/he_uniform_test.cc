#include "layers/initializers/he_uniform.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"
#include "tests/support/snapshots.h"

namespace cairn {
namespace {

void CheckVariance(const Shape& shape, double variance) {
  const Tensor value = CheckInitializer(HeUniform(), shape);
  // The mean of n numbers deviates by 1/sqrt(n) of one's.
  const double n = static_cast<double>(value.size());
  EXPECT_NEAR(MeanOf(value), 0, 5 * std::sqrt(variance / n));
  EXPECT_NEAR(DeviationOf(value) / std::sqrt(variance), 1, 0.03);
  // Uniform numbers of that variance end at the root of three times it.
  const double limit = std::sqrt(3 * variance);
  EXPECT_LE(Largest(value), limit * (1 + 1e-6));
  EXPECT_GT(Largest(value), 0.99 * limit);
}

TEST(HeUniformTest, TheVarianceFollowsFromTheFans) {
  CheckVariance({300, 200}, 2.0 / 300);
}

TEST(HeUniformTest, PlacesOfAFilterCountInTheFans) {
  CheckVariance({3, 3, 40, 60}, 2.0 / (9 * 40));
}

TEST(HeUniformTest, AVectorHasItsLengthForFans) {
  CheckVariance({10000}, 2.0 / 10000);
}

TEST(HeUniformTest, IsRebuiltAndSeedsDiffer) {
  CheckRule<Initializer>(HeUniform(), {"HeUniform", "he_uniform"});
  EXPECT_NE(BytesOf({CheckInitializer(HeUniform(), {4, 4}, 1)}),
            BytesOf({CheckInitializer(HeUniform(), {4, 4}, 2)}));
}

}  // namespace
}  // namespace cairn
