#include "layers/initializers/ones.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"
#include "tests/support/snapshots.h"

namespace cairn {
namespace {

TEST(OnesTest, AllAreOne) {
  CheckRule<Initializer>(Ones(), {"Ones", "ones"});
  ExpectClose(CheckInitializer(Ones(), {2, 2}), {1, 1, 1, 1}, 0);
}

}  // namespace
}  // namespace cairn
