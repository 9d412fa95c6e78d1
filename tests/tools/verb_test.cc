#include "tools/cairn/verb.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/command.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Answer> RunEcho(const Invocation& invocation,
                               std::ostream& out) {
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
                               .options = {{"--fail", "", "fail"},
                                           {"--no", "", "answer no"},
                                           {.name = "--say",
                                            .value = "TEXT",
                                            .purpose = "say it",
                                            .repeated = true}},
                               .purpose = "print a word",
                               .run = RunEcho});

TEST(VerbTest, UsageShowsArgumentsAndOptions) {
  for (const Verb* verb : Verbs()) {
    if (verb->name == "test_echo") {
      EXPECT_EQ(UsageOf(*verb),
                "test_echo WORD [--fail] [--no] [--say TEXT]...");
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

TEST(VerbTest, OptionsHaveValuesInOneWordOrTwoAndMayBeRepeated) {
  const CommandResult result =
      RunCairn({"test_echo", "--say=a=b", "hello", "--say", "c"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.out, "says a=b\nsays c\nhello\n");
}

TEST(VerbTest, AnAnswerOfNoIsExitCode1) {
  EXPECT_EQ(RunCairn({"test_echo", "hello", "--no"}).code, 1);
}

TEST(VerbTest, WhatFollowsTwoDashesIsAnArgument) {
  const CommandResult result = RunCairn({"test_echo", "--", "--no"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.out, "--no\n");
}

TEST(VerbTest, WrongArgumentsAreToldTheUsage) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {"test_echo"},
           {"test_echo", "a", "b"},
           {"test_echo", "a", "--jsn"},
           {"test_echo", "a", "--say"},
           {"test_echo", "a", "--no=yes"},
           {"test_echo", "a", "--no", "--no"}}) {
    const CommandResult result = RunCairn(words);
    EXPECT_EQ(result.code, 2) << words.back();
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.errors, HasSubstr("usage: cairn test_echo WORD"));
  }
  EXPECT_THAT(RunCairn({"test_echo", "a", "--jsn"}).errors,
              HasSubstr("\"--jsn\""));
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
