// A callback that validates within an epoch.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/training/callback.h"
#include "gtest/gtest.h"
#include "tests/core/training/small_fit.h"
#include "tests/support/hook_callback.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(ValidateTest, ChangesNothingOfTheRun) {
  std::vector<Logs> seen;
  HookCallback validating(
      [&](const std::string& hook, TrainingSession& session, const Logs& logs) {
        if (hook == "on_epoch_end") seen.push_back(logs);
        // After the last step of an epoch its own validation follows.
        if (hook != "on_train_batch_end") return absl::OkStatus();
        const auto validated = session.Validate();
        EXPECT_TRUE(IsOk(validated));
        EXPECT_FALSE(session.evaluating());
        if (!validated.ok()) return validated.status();
        EXPECT_TRUE(validated->has_value());
        if (validated->has_value()) seen.push_back(**validated);
        return absl::OkStatus();
      });
  const Outcome with = FitWith(*MakeModel(7), MakeOptions(), &validating);
  EXPECT_EQ(with, FitWith(*MakeModel(7), MakeOptions()));
  ASSERT_EQ(seen.size(), 2 * (kStepsPerEpoch + 1));
  for (int epoch = 0; epoch < 2; ++epoch) {
    const Logs& last = seen[epoch * (kStepsPerEpoch + 1) + kStepsPerEpoch - 1];
    const Logs& end = seen[epoch * (kStepsPerEpoch + 1) + kStepsPerEpoch];
    for (const auto& [name, value] : last) {
      EXPECT_EQ(value, FindLog(end, name)) << name;
    }
    EXPECT_NE(seen[epoch * (kStepsPerEpoch + 1)][0].second, last[0].second);
  }
}

TEST(ValidateTest, SaysIfAStopEndedIt) {
  HookCallback hooks(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_test_batch_end") session.RequestStop();
        if (hook != "on_train_batch_end") return absl::OkStatus();
        const auto validated = session.Validate();
        EXPECT_TRUE(IsOk(validated));
        EXPECT_FALSE(validated.ok() && validated->has_value());
        return absl::OkStatus();
      });
  FitWith(*MakeModel(7), MakeOptions(), &hooks);
  EXPECT_EQ(hooks.calls(),
            (std::vector<std::string>{
                "on_train_begin", "on_epoch_begin", "on_train_batch_begin",
                "on_train_batch_end", "on_test_begin", "on_test_batch_begin",
                "on_test_batch_end", "on_train_end"}));
}

TEST(ValidateTest, NeedsDataAndIsNotPartOfAnother) {
  HookCallback nested(
      [](const std::string& hook, TrainingSession& session, const Logs&) {
        return hook == "on_test_batch_end" ? session.Validate().status()
                                           : absl::OkStatus();
      });
  FitOptions options = MakeOptions();
  options.callbacks = {&nested};
  EXPECT_TRUE(IsError(MakeModel(7)->Fit(Inputs(), Targets(), options).status(),
                      absl::StatusCode::kFailedPrecondition, {"evaluation"}));
  HookCallback without(
      [](const std::string& hook, TrainingSession& session, const Logs&) {
        return hook == "on_train_batch_end" ? session.Validate().status()
                                            : absl::OkStatus();
      });
  options.callbacks = {&without};
  options.validation_data = Batches();
  EXPECT_TRUE(IsError(MakeModel(7)->Fit(Inputs(), Targets(), options).status(),
                      absl::StatusCode::kFailedPrecondition,
                      {"no validation data"}));
}

}  // namespace
}  // namespace cairn
