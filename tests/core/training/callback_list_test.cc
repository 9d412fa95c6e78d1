#include "core/training/callback_list.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/hook_callback.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

class NamedCallback : public StatelessCallback {
 public:
  NamedCallback(std::string class_name, std::string name)
      : class_name_(std::move(class_name)), name_(std::move(name)) {}
  absl::string_view class_name() const override { return class_name_; }
  std::string name() const override { return name_; }

 private:
  const std::string class_name_, name_;
};

TEST(CallbackListTest, AKeyIsTheNameOrElseTheClassAndANumber) {
  NamedCallback a("Checkpoint", ""), b("Stopper", ""), c("Checkpoint", ""),
      d("Stopper", "mine"), e("Checkpoint", "");
  std::vector<std::string> keys;
  const std::vector<Callback*> callbacks = {&a, &b, &c, &d, &e};
  const auto keyed = KeyedCallbacks(callbacks);
  for (size_t i = 0; i < keyed.size(); ++i) {
    keys.push_back(keyed[i].first);
    EXPECT_EQ(keyed[i].second, callbacks[i]);
  }
  EXPECT_EQ(keys,
            (std::vector<std::string>{"Checkpoint", "Stopper", "Checkpoint_1",
                                      "mine", "Checkpoint_2"}));
}

TEST(CallbackListTest, KeysAreAllDifferent) {
  NamedCallback a("X", "X_1"), b("X", ""), c("X", "");
  const auto keyed = KeyedCallbacks({&a, &b, &c});
  EXPECT_EQ(keyed[0].first, "X_1");
  EXPECT_EQ(keyed[1].first, "X");
  EXPECT_NE(keyed[2].first, "X_1");
  EXPECT_NE(keyed[2].first, "X");
}

TEST(CallbackListTest, TheFirstErrorEndsTheRound) {
  class NoSession : public TrainingSession {
   public:
    int64_t epoch() const override { return 0; }
    int64_t step() const override { return 0; }
    int64_t epochs() const override { return 0; }
    bool is_last_step_of_epoch() const override { return false; }
    int64_t step_in_epoch() const override { return 0; }
    int64_t epochs_done() const override { return 0; }
    bool step_is_whole() const override { return true; }
    uint64_t seed() const override { return 0; }
    int64_t batch_size() const override { return 0; }
    const std::string& run_id() const override { return id_; }
    bool has_validation() const override { return false; }
    std::vector<std::string> log_names() const override { return {}; }
    bool evaluating() const override { return false; }
    RunTimes times() const override { return {}; }
    bool is_restored() const override { return false; }
    bool dry_run() const override { return false; }
    float learning_rate() const override { return 0; }
    void set_learning_rate(float) override {}
    void RequestStop() override {}
    bool stop_requested() const override { return false; }
    const absl::Status& status() const override { return status_; }
    absl::StatusOr<std::optional<Logs>> Validate() override {
      return absl::UnimplementedError("");
    }
    absl::StatusOr<Snapshot> TakeSnapshot(const Parts&) override {
      return absl::UnimplementedError("");
    }
    absl::StatusOr<Snapshot> TakeDetachedSnapshot(const Parts&,
                                                  SnapshotBuffers&) override {
      return absl::UnimplementedError("");
    }
    absl::StatusOr<RestoreReport> Restore(const Snapshot&,
                                          const RestoreOptions&) override {
      return absl::UnimplementedError("");
    }

   private:
    absl::Status status_;
    const std::string id_;
  } session;
  HookCallback first, third;
  HookCallback second([](const std::string&, TrainingSession&, const Logs&) {
    return absl::AbortedError("second");
  });
  EXPECT_TRUE(IsError(
      CallEach({&first, &second, &third}, &Callback::OnTrainBegin, session),
      absl::StatusCode::kAborted, {"second"}));
  EXPECT_EQ(first.calls().size(), 1);
  EXPECT_TRUE(third.calls().empty());
}

}  // namespace
}  // namespace cairn
