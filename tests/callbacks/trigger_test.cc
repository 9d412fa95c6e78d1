#include "callbacks/trigger.h"

#include <signal.h>

#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(TriggerTest, AnyOfHasTheMomentsOfAll) {
  const Trigger trigger =
      AnyOf({EveryEpochs(2), EverySteps(100), OnBest(), OnSignal()});
  EXPECT_EQ(trigger.any_of.size(), 4u);
  EXPECT_TRUE(trigger.Has(Trigger::Kind::kOnBest));
  EXPECT_FALSE(trigger.Has(Trigger::Kind::kOnError));
  EXPECT_TRUE(IsOk(trigger.Check()));
}

TEST(TriggerTest, WhatCannotBeMeantIsRefused) {
  const struct {
    Trigger trigger;
    const char* part;
  } all[] = {
      {AnyOf({}), "no moment"},
      {EveryEpochs(0), "epochs"},
      {EverySteps(-3), "-3"},
      {EverySeconds(0), "seconds"},
      {EverySeconds(std::numeric_limits<double>::quiet_NaN()), "seconds"},
      {EverySeconds(std::numeric_limits<double>::infinity()), "seconds"},
      {AtSteps({}), "names no step"},
      {AtSteps({5, 0}), "step 0"},
      {OnSignal({SIGKILL}), "signal 9"},
      {OnSignal({0}), "signal 0"},
      {OnSignal({1000}), "signal 1000"},
      {OnRequest(""), "no file"},
      {AnyOf({EveryEpochs(1), EverySteps(0)}), "steps"},
  };
  for (const auto& one : all) {
    EXPECT_TRUE(IsError(one.trigger.Check(), absl::StatusCode::kInvalidArgument,
                        {one.part}));
  }
}

}  // namespace
}  // namespace cairn
