#include "layers/initializers/constant.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"
#include "tests/support/snapshots.h"

namespace cairn {
namespace {

TEST(ConstantTest, AllAreTheValue) {
  CheckRule<Initializer>(Constant({.value = -0.25}), {"Constant", "constant"});
  ExpectClose(CheckInitializer(Constant({.value = -0.25}), {3}),
              {-0.25f, -0.25f, -0.25f}, 0);
  ExpectClose(CheckInitializer(Constant(), {2}), {0, 0}, 0);
}

}  // namespace
}  // namespace cairn
