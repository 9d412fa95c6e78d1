#include "layers/initializers/zeros.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"
#include "tests/support/snapshots.h"

namespace cairn {
namespace {

TEST(ZerosTest, AllAreZero) {
  CheckRule<Initializer>(Zeros(), {"Zeros", "zeros"});
  ExpectClose(CheckInitializer(Zeros(), {2, 2}), {0, 0, 0, 0}, 0);
}

}  // namespace
}  // namespace cairn
