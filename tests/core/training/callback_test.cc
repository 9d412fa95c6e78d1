#include "core/training/callback.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/support/callback_contract.h"
#include "tests/support/hook_callback.h"

namespace cairn {
namespace {

// Counts the epochs of a run.
class EpochCounter : public Callback {
 public:
  absl::string_view class_name() const override { return "EpochCounter"; }
  absl::Status OnTrainBegin(TrainingSession&) override {
    count_ = 0;
    return absl::OkStatus();
  }
  absl::Status OnEpochEnd(TrainingSession&, const Logs&) override {
    ++count_;
    return absl::OkStatus();
  }
  State SaveState() const override {
    return {.values = Config::Object{{"count", count_}}};
  }
  absl::Status RestoreState(const State& state) override {
    const absl::StatusOr<int64_t> count = state.values.Get<int64_t>("count");
    if (!count.ok()) return count.status();
    count_ = *count;
    return absl::OkStatus();
  }

 private:
  int64_t count_ = 0;
};

class Empty : public StatelessCallback {
 public:
  absl::string_view class_name() const override { return "Empty"; }
};

TEST(CallbackTest, OneWithAStateKeepsTheContract) {
  CheckCallback([] { return std::make_unique<EpochCounter>(); });
  CheckCallbackOverRuns([] { return std::make_unique<EpochCounter>(); });
}

TEST(CallbackTest, OneThatOverridesNothingKeepsTheContract) {
  CheckCallback([] { return std::make_unique<Empty>(); });
}

}  // namespace
}  // namespace cairn
