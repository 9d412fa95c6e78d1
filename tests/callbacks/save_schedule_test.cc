#include "callbacks/save_schedule.h"

#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

// A schedule whose time a test turns, and the steps at which it was due.
class SaveScheduleTest : public testing::Test {
 protected:
  void Make(Trigger trigger, double overhead = 0, double first_cost = 0.1) {
    schedule_ = SaveSchedule(std::move(trigger), overhead, &files_,
                             [this] { return now_; });
    schedule_.Begin(0, first_cost);
  }

  std::string DueAfter(int64_t step) {
    const auto due = schedule_.DueAfterStep(step);
    EXPECT_TRUE(IsOk(due));
    return due.ok() ? due->why : "";
  }

  std::vector<int64_t> DueSteps(int64_t steps) {
    std::vector<int64_t> due;
    for (int64_t step = 1; step <= steps; ++step) {
      if (!DueAfter(step).empty()) due.push_back(step);
    }
    return due;
  }

  FaultFileSystem files_;
  double now_ = 1000;
  SaveSchedule schedule_;
};

using Steps = std::vector<int64_t>;
using Files = std::vector<std::string>;

TEST_F(SaveScheduleTest, CountsSteps) {
  Make(AnyOf({EverySteps(4), AtSteps({3, 8, 9})}));
  EXPECT_EQ(DueSteps(12), (Steps{3, 4, 8, 9, 12}));
  EXPECT_EQ(DueAfter(4), "every 4 steps");
  EXPECT_EQ(DueAfter(9), "at step 9");
}

TEST_F(SaveScheduleTest, CountsEpochs) {
  Make(AnyOf({EveryEpochs(2), EverySteps(5)}));
  EXPECT_EQ(schedule_.DueAfterEpoch(1), "");
  EXPECT_EQ(schedule_.DueAfterEpoch(2), "every 2 epochs");
  Make(EverySteps(5));
  EXPECT_EQ(schedule_.DueAfterEpoch(2), "");
}

TEST_F(SaveScheduleTest, SecondsCountFromTheLastSave) {
  Make(EverySeconds(10));
  now_ += 9.5;
  EXPECT_EQ(DueAfter(1), "");
  now_ += 1;
  EXPECT_EQ(DueAfter(2), "every 10 seconds");
  schedule_.BeginSave();
  now_ += 9;
  EXPECT_EQ(DueAfter(3), "");
  now_ += 1;
  EXPECT_NE(DueAfter(4), "");
}

TEST_F(SaveScheduleTest, ASignalIsServedOnceAndSigtermStops) {
  Make(AnyOf({EveryEpochs(1), OnSignal()}));
  EXPECT_EQ(DueAfter(1), "");
  ::raise(SIGUSR1);
  EXPECT_EQ(DueAfter(2), "on SIGUSR1");
  EXPECT_EQ(schedule_.stop_signal(), 0);
  EXPECT_EQ(DueAfter(3), "");
  ::raise(SIGTERM);
  EXPECT_EQ(schedule_.DueBetweenSteps()->why, "on SIGTERM");
  EXPECT_EQ(schedule_.stop_signal(), SIGTERM);
  schedule_.End();
}

TEST_F(SaveScheduleTest, AFileThatAppearsAsksOnceAndIsRemoved) {
  Make(OnRequest("run/save-now"));
  EXPECT_EQ(DueAfter(1), "");
  files_.Put("run/save-now", "");
  EXPECT_TRUE(absl::StrContains(DueAfter(2), "run/save-now"));
  // Until the save is in place the file stays and does not ask again.
  EXPECT_EQ(DueAfter(3), "");
  EXPECT_EQ(files_.Contents().count("run/save-now"), 1u);
  const Files asked = schedule_.BeginSave();
  EXPECT_EQ(asked, Files{"run/save-now"});
  EXPECT_EQ(DueAfter(4), "");
  EXPECT_TRUE(IsOk(schedule_.EndSave(asked, /*in_place=*/true)));
  EXPECT_EQ(files_.Contents().count("run/save-now"), 0u);
  files_.Put("run/save-now", "");
  EXPECT_NE(schedule_.DueBetweenSteps()->why, "");
  EXPECT_TRUE(IsOk(files_.Remove("run/save-now")));
  EXPECT_TRUE(IsOk(schedule_.EndSave(schedule_.BeginSave(), true)));
}

TEST_F(SaveScheduleTest, AFileIsAnsweredByASaveThatBeganAfterIt) {
  Make(AnyOf({OnRequest("run/one"), OnRequest("run/other"), EverySteps(3)}));
  const Files before = schedule_.BeginSave();
  EXPECT_EQ(before, Files{});
  files_.Put("run/one", "");
  EXPECT_NE(DueAfter(1), "");
  EXPECT_TRUE(IsOk(schedule_.EndSave(before, /*in_place=*/true)));
  EXPECT_EQ(files_.Contents().count("run/one"), 1u);
  const Files first = schedule_.BeginSave();
  EXPECT_EQ(first, Files{"run/one"});
  files_.Put("run/other", "");
  CAIRN_ASSERT_OK_AND_ASSIGN(const Due due, schedule_.DueAfterStep(3));
  EXPECT_TRUE(due.asked_for);
  EXPECT_TRUE(due.planned);
  EXPECT_TRUE(absl::StrContains(due.why, "run/other"));
  // What has failed is asked for still.
  EXPECT_TRUE(IsOk(schedule_.EndSave(first, /*in_place=*/false)));
  const Files both = schedule_.BeginSave();
  EXPECT_EQ(both, (Files{"run/one", "run/other"}));
  EXPECT_TRUE(IsOk(schedule_.EndSave(both, /*in_place=*/true)));
  EXPECT_TRUE(files_.Contents().empty());
}

TEST_F(SaveScheduleTest, ABudgetIsNeverExceeded) {
  for (const double budget : {0.01, 0.1}) {
    Make(AtSteps({1000000}), budget, /*first_cost=*/0.05);
    const double begin = now_;
    double spent = 0;
    int saves = 0;
    for (int64_t step = 1; step <= 2000; ++step) {
      now_ += 0.01;
      if (DueAfter(step).empty()) continue;
      // A save that costs now more, now less than the one before.
      const double cost = saves % 3 == 0 ? 0.03 : 0.02;
      schedule_.BeginSave();
      now_ += cost;
      spent += cost;
      ++saves;
      schedule_.NoteCost(cost);
      EXPECT_LE(spent, budget * (now_ - begin) + 0.011);
    }
    // Nor is it left unused.
    EXPECT_GE(spent, 0.7 * budget * (now_ - begin));
    const int64_t apart = schedule_.StepsPerSave(2000);
    EXPECT_GE(apart, 2000 / saves / 2);
    EXPECT_LE(apart, 2000 / saves * 2);
  }
}

TEST_F(SaveScheduleTest, WithoutABudgetThereIsNoInterval) {
  Make(EverySteps(10));
  now_ += 1;
  EXPECT_EQ(schedule_.StepsPerSave(10), 0);
}

}  // namespace
}  // namespace cairn
