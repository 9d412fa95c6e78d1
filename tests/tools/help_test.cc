#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

TEST(HelpTest, ListsEveryVerbWithItsArgumentsAndPurpose) {
  const CommandResult result = RunCairn({"help"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("version"));
  EXPECT_THAT(result.out, HasSubstr("ls DIR"));
  EXPECT_THAT(result.out, HasSubstr("inspect CHECKPOINT"));
  for (const Verb* verb : Verbs()) {
    EXPECT_THAT(result.out, HasSubstr(verb->name));
    EXPECT_THAT(result.out, HasSubstr(verb->purpose));
    const CommandResult one = RunCairn({"help", verb->name});
    EXPECT_EQ(one.code, 0);
    EXPECT_THAT(one.out, HasSubstr(UsageOf(*verb)));
    for (const VerbOption& option : verb->options) {
      EXPECT_THAT(one.out, HasSubstr(option.purpose));
    }
  }
}

TEST(HelpTest, TheFlagHelpDoesTheSame) {
  EXPECT_EQ(RunCairn({"--help"}).out, RunCairn({"help"}).out);
}

}  // namespace
}  // namespace cairn
