#include "core/runtime/team_choice.h"

#include <chrono>

#include "gtest/gtest.h"

namespace cairn {
namespace {

using std::chrono::microseconds;

// Runs so often that every trial is over, and returns how many of the runs were
// on the team.
int CountTeamRuns(TeamChoice& choice, int runs, microseconds with_team,
                  microseconds alone) {
  int on_team = 0;
  for (int i = 0; i < runs; ++i) {
    const bool use_team = choice.use_team();
    on_team += use_team ? 1 : 0;
    choice.Record(use_team ? with_team : alone);
  }
  return on_team;
}

TEST(TeamChoiceTest, TheFasterWayIsTakenAfterAFewRuns) {
  TeamChoice fast_team, slow_team;
  EXPECT_GT(CountTeamRuns(fast_team, 1000, microseconds(60), microseconds(100)),
            900);
  EXPECT_LT(
      CountTeamRuns(slow_team, 1000, microseconds(110), microseconds(100)),
      120);
}

TEST(TeamChoiceTest, AChangeOfTheMachineIsFoundOut) {
  TeamChoice choice;
  CountTeamRuns(choice, 2500, microseconds(60), microseconds(100));
  ASSERT_TRUE(choice.use_team());
  // Another program takes one of the cores.
  CountTeamRuns(choice, 2500, microseconds(300), microseconds(100));
  EXPECT_LT(CountTeamRuns(choice, 1000, microseconds(300), microseconds(100)),
            50);
}

TEST(TeamChoiceTest, WhatPassesIsForgottenSoon) {
  TeamChoice choice;
  // Something else takes a core while the first trial lasts, and no longer.
  CountTeamRuns(choice, 70, microseconds(300), microseconds(100));
  ASSERT_FALSE(choice.use_team());
  CountTeamRuns(choice, 250, microseconds(60), microseconds(100));
  EXPECT_TRUE(choice.use_team());
}

TEST(TeamChoiceTest, TrialsOfAChoiceThatLastsAreFew) {
  TeamChoice choice;
  CountTeamRuns(choice, 20000, microseconds(60), microseconds(100));
  EXPECT_GT(CountTeamRuns(choice, 10000, microseconds(60), microseconds(100)),
            9900);
}

TEST(TeamChoiceTest, ARunThatPaysForTheChangeDoesNotCount) {
  TeamChoice choice;
  bool before = choice.use_team();
  for (int i = 0; i < 100; ++i) {
    const bool use_team = choice.use_team();
    const bool changed = use_team != before;
    before = use_team;
    choice.Record(changed && use_team ? microseconds(10000)
                                      : microseconds(use_team ? 60 : 100));
  }
  EXPECT_TRUE(choice.use_team());
}

}  // namespace
}  // namespace cairn
