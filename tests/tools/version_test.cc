#include "core/base/version.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

TEST(VersionTest, PrintsTheVersion) {
  const CommandResult result = RunCairn({"version"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, absl::StrCat("cairn ", Version(), "\n"));
}

}  // namespace
}  // namespace cairn
