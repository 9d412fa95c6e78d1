#include "callbacks/monitor.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(MonitorTest, AutoKnowsInWhichDirectionAMetricIsBetter) {
  for (const char* name : {"accuracy", "val_acc", "val_auc", "recall",
                           "fmeasure", "val_precision"}) {
    EXPECT_TRUE(Monitor(name, MonitorMode::kAuto, {}).larger_is_better())
        << name;
  }
  for (const char* name : {"loss", "val_loss", "mean_squared_error"}) {
    EXPECT_FALSE(Monitor(name, MonitorMode::kAuto, {}).larger_is_better())
        << name;
  }
  EXPECT_TRUE(Monitor("loss", MonitorMode::kMax, {}).larger_is_better());
  EXPECT_FALSE(Monitor("accuracy", MonitorMode::kMin, {}).larger_is_better());
}

TEST(MonitorTest, OnlyABetterValueIsTheBest) {
  Monitor monitor("val_loss", MonitorMode::kAuto, {});
  EXPECT_TRUE(monitor.Update(0.5, 10));
  EXPECT_FALSE(monitor.Update(0.5, 20));
  EXPECT_FALSE(monitor.Update(kNone, 30));
  EXPECT_TRUE(monitor.Update(0.4, 40));
  EXPECT_FALSE(monitor.Update(0.7, 50));
  EXPECT_EQ(monitor.best(), 0.4);
  EXPECT_EQ(monitor.best_step(), 40);
  EXPECT_EQ(monitor.value(), 0.7);
}

TEST(MonitorTest, WhatIsNoNumberIsNeverTheBestNotEvenTheFirst) {
  Monitor monitor("val_loss", MonitorMode::kAuto, {});
  EXPECT_FALSE(monitor.Update(kNone, 10));
  EXPECT_TRUE(std::isnan(monitor.best()));
  EXPECT_TRUE(monitor.Update(1e30, 20));
}

TEST(MonitorTest, TheFirstMustBeBetterThanTheThreshold) {
  Monitor monitor("accuracy", MonitorMode::kAuto, 0.9);
  EXPECT_FALSE(monitor.Update(0.9, 10));
  EXPECT_EQ(monitor.best_step(), -1);
  EXPECT_TRUE(monitor.Update(0.91, 20));
}

TEST(MonitorTest, ItsStateGoesOnWithTheBest) {
  Monitor monitor("val_loss", MonitorMode::kAuto, {});
  monitor.Update(0.25, 10);
  monitor.Update(0.5, 20);
  Monitor other("val_loss", MonitorMode::kAuto, {});
  ASSERT_TRUE(IsOk(other.RestoreState(monitor.SaveState())));
  EXPECT_EQ(other.best(), 0.25);
  EXPECT_EQ(other.best_step(), 10);
  EXPECT_FALSE(other.Update(0.3, 30));
}

TEST(MonitorTest, AStateOfAnotherMetricIsRefused) {
  Monitor monitor("val_loss", MonitorMode::kAuto, {});
  monitor.Update(0.25, 10);
  for (Monitor other : {Monitor("loss", MonitorMode::kAuto, {}),
                        Monitor("val_loss", MonitorMode::kMax, {})}) {
    EXPECT_TRUE(IsError(other.RestoreState(monitor.SaveState()),
                        absl::StatusCode::kInvalidArgument,
                        {"val_loss", "monitor"}));
    EXPECT_EQ(other.best_step(), -1);
  }
}

TEST(MonitorTest, ItsStateSaysOfWhichStepTheValueIs) {
  Monitor monitor("val_loss", MonitorMode::kAuto, {});
  monitor.Update(0.25, 10);
  EXPECT_EQ(*monitor.SaveState().values.Get<int64_t>("value_step"), 10);
  Monitor other("val_loss", MonitorMode::kAuto, {});
  ASSERT_TRUE(IsOk(other.RestoreState(monitor.SaveState())));
  EXPECT_EQ(other.SaveState().values, monitor.SaveState().values);
  monitor.ClearValue();
  EXPECT_EQ(*monitor.SaveState().values.Get<int64_t>("value_step"), -1);
}

TEST(MonitorTest, OneThatFollowsNothingHasNoState) {
  Monitor none;
  EXPECT_FALSE(none.active());
  EXPECT_TRUE(none.SaveState().values.is_null());
  Monitor monitor("val_loss", MonitorMode::kAuto, {});
  EXPECT_TRUE(IsOk(monitor.RestoreState(none.SaveState())));
}

}  // namespace
}  // namespace cairn
