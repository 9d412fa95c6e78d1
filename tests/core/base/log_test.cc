#include "core/base/log.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(LogTest, ALineGoesToStandardError) {
  testing::internal::CaptureStderr();
  LogWarning("the loss is not a number");
  LogInfo("resuming at epoch 3");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "cairn: warning: the loss is not a number\n"
            "cairn: resuming at epoch 3\n");
}

}  // namespace
}  // namespace cairn
