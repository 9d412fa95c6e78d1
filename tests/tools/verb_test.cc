#include "tools/cairn/verb.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Answer> RunEcho(const Invocation& invocation, std::ostream& out) {
  if (invocation.Has("--fail")) {
    return absl::DataLossError("this went wrong");
  }
  for (const auto& [name, value] : invocation.options) {
    if (name == "--say") out << "says " << value << "\n";
  }
  for (const std::string& argument : invocation.arguments) {
    out << argument << "\n";
  }
  return invocation.Has("--no") ? Answer::kNo : Answer::kYes;
}

const VerbRegistrar registrar({.name = "test_echo",
                               .arguments = {"WORD"},
                               .flags = {"--fail"},
                               .purpose = "print a word",
                               .run = RunEcho});

TEST(VerbTest, UsageShowsArgumentsAndFlags) {
  for (const Verb* verb : Verbs()) {
    if (verb->name == "test_echo") {
      EXPECT_EQ(UsageOf(*verb), "test_echo WORD [--fail]");
      return;
    }
  }
  FAIL() << "test_echo is not registered";
}

TEST(VerbTest, AVerbGetsItsArguments) {
  const CommandResult result = RunCairn({"test_echo", "hello"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "hello\n");
  EXPECT_EQ(result.errors, "");
}

TEST(VerbTest, AVerbThatFailsGivesOneLineAndExitCode1) {
  const CommandResult result = RunCairn({"test_echo", "hello", "--fail"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.errors, "cairn: this went wrong\n");
}

TEST(VerbTest, AnUnknownVerbGetsNearNamesAndExitCode2) {
  const CommandResult result = RunCairn({"inspct", "x"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.errors, HasSubstr("unknown command \"inspct\""));
  EXPECT_THAT(result.errors, HasSubstr("did you mean \"inspect\"?"));
}

TEST(VerbTest, WrongArgumentsAreToldTheUsage) {
  const CommandResult few = RunCairn({"test_echo"});
  EXPECT_EQ(few.code, 2);
  EXPECT_EQ(few.errors,
            "cairn: expected 1 argument, got 0; usage: cairn test_echo WORD "
            "[--fail]\n");
  EXPECT_EQ(RunCairn({"test_echo", "a", "b"}).code, 2);
  const CommandResult flag = RunCairn({"test_echo", "a", "--jsn"});
  EXPECT_EQ(flag.code, 2);
  EXPECT_THAT(flag.errors, HasSubstr("unknown flag \"--jsn\""));
}

TEST(VerbTest, NoWordsAtAllAreToldOfHelp) {
  const CommandResult result = RunCairn({});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.errors, HasSubstr("cairn help"));
}

TEST(VerbDeathTest, ANameRegisteredTwiceEndsTheProcess) {
  EXPECT_DEATH(VerbRegistrar({.name = "test_echo", .run = RunEcho}), "");
}

}  // namespace
}  // namespace cairn
