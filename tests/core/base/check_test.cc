#include "core/base/check.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(CheckTest, WhatHoldsIsNoMatter) {
  int evaluated = 0;
  CAIRN_CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, WhatDoesNotHoldEndsTheProcessWithThePlace) {
  EXPECT_DEATH(CAIRN_CHECK(1 + 1 == 3),
               "check_test.cc:[0-9]+: check failed: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace cairn
