#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

TEST(HelpTest, ListsEveryVerbWithItsUsageAndPurpose) {
  const CommandResult result = RunCairn({"help"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("version"));
  EXPECT_THAT(result.out, HasSubstr("ls DIR"));
  EXPECT_THAT(result.out, HasSubstr("inspect CHECKPOINT [--json]"));
  for (const Verb* verb : Verbs()) {
    EXPECT_THAT(result.out, HasSubstr(UsageOf(*verb)));
    EXPECT_THAT(result.out, HasSubstr(verb->purpose));
  }
}

TEST(HelpTest, TheFlagHelpDoesTheSame) {
  EXPECT_EQ(RunCairn({"--help"}).out, RunCairn({"help"}).out);
}

}  // namespace
}  // namespace cairn
