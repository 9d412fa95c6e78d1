#include "callbacks/retention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

KeptCheckpoint At(int64_t step, double value = kNone, int64_t epoch = -1,
                  double time = 0) {
  return {.prefix = absl::StrCat("run/ckpt-", step),
          .step = step,
          .epoch = epoch,
          .time = time,
          .value = value};
}

std::vector<int64_t> StepsKept(const std::vector<KeptCheckpoint>& all,
                               const Retention& retention) {
  std::vector<int64_t> steps;
  const std::vector<bool> stays = ChooseKept(all, retention);
  for (size_t i = 0; i < all.size(); ++i) {
    if (stays[i]) steps.push_back(all[i].step);
  }
  return steps;
}

using Steps = std::vector<int64_t>;

TEST(RetentionTest, KeepsTheNewest) {
  const std::vector<KeptCheckpoint> all = {At(1), At(2), At(3)};
  EXPECT_EQ(StepsKept(all, {.last = 2}), (Steps{2, 3}));
  EXPECT_EQ(StepsKept(all, {.last = 7}), (Steps{1, 2, 3}));
  EXPECT_EQ(StepsKept(all, {.last = 0}), (Steps{1, 2, 3}));
  EXPECT_EQ(StepsKept({}, {.last = 1}), Steps{});
}

TEST(RetentionTest, KeepsTheBestWhateverTheirAge) {
  const std::vector<KeptCheckpoint> all = {At(1, 0.5), At(2, 0.1), At(3, 0.3),
                                           At(4, 0.4)};
  EXPECT_EQ(StepsKept(all, {.last = 1, .best = 1}), (Steps{2, 4}));
  EXPECT_EQ(StepsKept(all, {.last = 1, .best = 2}), (Steps{2, 3, 4}));
  EXPECT_EQ(StepsKept(all, {.last = 1, .best = 1, .larger_is_better = true}),
            (Steps{1, 4}));
}

TEST(RetentionTest, WhatIsNoNumberIsNeverBestAndOfEqualsTheOlderIs) {
  const std::vector<KeptCheckpoint> all = {At(1, kNone), At(2, 0.2), At(3, 0.2),
                                           At(4, kNone)};
  for (const bool larger : {false, true}) {
    EXPECT_EQ(
        StepsKept(all, {.last = 1, .best = 1, .larger_is_better = larger}),
        (Steps{2, 4}));
  }
}

TEST(RetentionTest, KeepsEveryNth) {
  const std::vector<KeptCheckpoint> all = {
      At(10, kNone, 1), At(15), At(20, kNone, 2), At(25), At(30, kNone, 3)};
  EXPECT_EQ(StepsKept(all, {.last = 1, .every_epochs = 2}), (Steps{20, 30}));
  EXPECT_EQ(StepsKept(all, {.last = 1, .every_steps = 15}), (Steps{15, 30}));
}

TEST(RetentionTest, KeepsOnePerTime) {
  const std::vector<KeptCheckpoint> all = {
      At(1, kNone, -1, 100), At(2, kNone, -1, 150), At(3, kNone, -1, 205),
      At(4, kNone, -1, 290), At(5, kNone, -1, 306)};
  EXPECT_EQ(StepsKept(all, {.last = 1, .one_per_seconds = 100}),
            (Steps{1, 3, 5}));
}

// A run that saves again and again keeps at each moment what the rules ask for
// of all that it ever saved, though it has forgotten the removed ones.
TEST(RetentionTest, DeletingStepByStepKeepsWhatTheRulesAskForOfTheWholeRun) {
  std::mt19937 random(7);
  const auto upto = [&](int n) {
    return static_cast<int>(random() % static_cast<unsigned>(n + 1));
  };
  for (int run = 0; run < 300; ++run) {
    const Retention retention = {.last = 1 + upto(3),
                                 .best = upto(3),
                                 .larger_is_better = upto(1) == 1,
                                 .every_epochs = upto(4),
                                 .every_steps = 7 * upto(3),
                                 .one_per_seconds = 40.0 * upto(2)};
    std::vector<KeptCheckpoint> all, kept;
    int64_t step = 0;
    double time = 1000;
    for (int i = 0; i < 40; ++i) {
      step += 1 + upto(3);
      time += upto(30);
      const double value = upto(4) == 0 ? kNone : upto(9) / 10.0;
      const KeptCheckpoint next =
          At(step, value, upto(1) == 1 ? i / 2 + 1 : -1, time);
      all.push_back(next);
      kept.push_back(next);
      const std::vector<bool> stays = ChooseKept(kept, retention);
      std::vector<KeptCheckpoint> staying;
      for (size_t k = 0; k < kept.size(); ++k) {
        if (stays[k]) staying.push_back(kept[k]);
      }
      kept = staying;
      std::set<int64_t> left;
      for (const KeptCheckpoint& one : kept) left.insert(one.step);
      for (const int64_t wanted : StepsKept(all, retention)) {
        EXPECT_EQ(left.count(wanted), 1u)
            << "run " << run << ", after step " << step << ": " << wanted;
      }
    }
  }
}

}  // namespace
}  // namespace cairn
