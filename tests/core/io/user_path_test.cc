#include "core/io/user_path.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace cairn {
namespace {

class UserPathTest : public testing::Test {
 protected:
  ~UserPathTest() override { unsetenv("BUILD_WORKING_DIRECTORY"); }
  static void StandIn(const char* folder) {
    setenv("BUILD_WORKING_DIRECTORY", folder, 1);
  }
};

TEST_F(UserPathTest, ARelativePathBeginsWhereThePersonStood) {
  StandIn("/home/me");
  EXPECT_EQ(UserPath("run/ckpt-1"), "/home/me/run/ckpt-1");
}

TEST_F(UserPathTest, AnAbsolutePathStays) {
  StandIn("/home/me");
  EXPECT_EQ(UserPath("/data/mnist"), "/data/mnist");
}

TEST_F(UserPathTest, NoPathStaysNone) {
  StandIn("/home/me");
  EXPECT_EQ(UserPath(""), "");
}

TEST_F(UserPathTest, WithoutBazelAPathIsWhatItIs) {
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(UserPath("run"), "run");
}

}  // namespace
}  // namespace cairn
