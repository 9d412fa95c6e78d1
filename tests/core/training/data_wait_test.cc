// Runs that wait for their data.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/data/batches.h"
#include "core/data/tensor_samples.h"
#include "core/training/trainer.h"
#include "gtest/gtest.h"
#include "tests/core/training/small_fit.h"
#include "tests/support/hook_callback.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting_source.h"

namespace cairn {
namespace {

std::unique_ptr<WaitingSource> MakeSource() {
  auto samples = FromTensors({{"", Inputs()}}, {{"", Targets()}});
  EXPECT_TRUE(IsOk(samples));
  return std::make_unique<WaitingSource>(Batch(*std::move(samples), 8));
}

// Requests a stop at the `number`-th wait; 0: never. Counts them.
class StopInWait : public StatelessCallback {
 public:
  explicit StopInWait(int number) : number_(number) {}
  absl::string_view class_name() const override { return "StopInWait"; }
  absl::Status OnDataWait(TrainingSession& session, const Logs&) override {
    if (++waits_ == number_) session.RequestStop();
    return absl::OkStatus();
  }
  int waits() const { return waits_; }

 private:
  const int number_;
  int waits_ = 0;
};

// The run of small_fit.h, unshuffled, from sources that wait.
Outcome FitWaiting(StopInWait& stop, Snapshot* end,
                   const Snapshot* from = nullptr) {
  const auto train = MakeSource(), validation = MakeSource();
  const auto model = MakeModel(7);
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_end" && end != nullptr) *end = TakeAll(session);
        return absl::OkStatus();
      });
  FitOptions options = MakeOptions();
  options.validation_data = Batches(*validation);
  options.callbacks = {&stop, &taker};
  options.resume_from = from;
  Outcome outcome;
  const auto history = model->Fit(Batches(*train), options);
  EXPECT_TRUE(IsOk(history));
  if (history.ok()) outcome.history = history->ToConfig().ToJson();
  return outcome;
}

TEST(DataWaitTest, CallbacksAreCalledBeforeTheBatchBegins) {
  const auto train = MakeSource(), validation = MakeSource();
  std::string calls;
  HookCallback hooks(
      [&](const std::string& hook, TrainingSession& session, const Logs& logs) {
        if (hook == "on_data_wait") {
          absl::StrAppend(&calls, session.evaluating() ? "v" : "w",
                          session.step(), logs.empty() ? "-" : " ");
        }
        if (hook == "on_train_batch_begin") absl::StrAppend(&calls, "b ");
        if (hook == "on_test_batch_begin") absl::StrAppend(&calls, "t ");
        if (hook == "on_predict_batch_begin") absl::StrAppend(&calls, "p ");
        return absl::OkStatus();
      });
  const auto model = MakeModel(7);
  FitOptions options = MakeOptions();
  options.epochs = 1;
  options.validation_data = Batches(*validation);
  options.callbacks = {&hooks};
  EXPECT_TRUE(IsOk(model->Fit(Batches(*train), options)));
  // The end of the training data is waited for too.
  EXPECT_EQ(calls, "w0 b w1 b w2 b w3 v3 t v3 t v3 t ");
  calls.clear();
  EXPECT_TRUE(IsOk(model->Evaluate(Batches(*MakeSource()),
                                   {.verbose = 0, .callbacks = {&hooks}})));
  EXPECT_EQ(calls, "v3 t v3 t v3 t ");
  calls.clear();
  EXPECT_TRUE(IsOk(model->Predict(Batches(*MakeSource()),
                                  {.verbose = 0, .callbacks = {&hooks}})));
  EXPECT_EQ(calls, "v3-p v3-p v3-p ");
}

TEST(DataWaitTest, AStopIsServedWithoutTheBatchAndLosesNothing) {
  StopInWait never(0);
  Snapshot unbroken_end;
  const Outcome unbroken = FitWaiting(never, &unbroken_end);
  // Of two epochs of training and of validation.
  EXPECT_EQ(never.waits(), 2 * (kStepsPerEpoch + 1 + kStepsPerEpoch));
  for (int number = 1; number <= never.waits(); ++number) {
    SCOPED_TRACE(number);
    StopInWait stop(number), go_on(0);
    Snapshot stopped, end;
    FitWaiting(stop, &stopped);
    EXPECT_EQ(stop.waits(), number);
    const Outcome resumed = FitWaiting(go_on, &end, &stopped);
    EXPECT_EQ(resumed.history, unbroken.history);
    EXPECT_EQ(DescribeSnapshot(end), DescribeSnapshot(unbroken_end));
  }
}

TEST(DataWaitTest, NothingIsReadAfterAStop) {
  const auto train = MakeSource();
  StopInWait stop(3);
  FitOptions options = MakeOptions();
  options.callbacks = {&stop};
  EXPECT_TRUE(IsOk(MakeModel(7)->Fit(Batches(*train), options)));
  EXPECT_EQ(train->reads(), 2);
  for (const bool predicts : {false, true}) {
    const auto source = MakeSource();
    StopInWait second(2);
    const EvaluateOptions alone = {.verbose = 0, .callbacks = {&second}};
    const auto model = MakeModel(7);
    const absl::Status status =
        predicts ? model->Predict(Batches(*source), alone).status()
                 : model->Evaluate(Batches(*source), alone).status();
    EXPECT_TRUE(IsError(status, absl::StatusCode::kCancelled, {"1 of 3"}));
    EXPECT_EQ(source->reads(), 1);
  }
}

TEST(DataWaitTest, AnErrorEndsTheRun) {
  HookCallback failing(
      [](const std::string& hook, TrainingSession& session, const Logs&) {
        return hook == "on_data_wait" && session.step() == 1
                   ? absl::AbortedError("no patience")
                   : absl::OkStatus();
      });
  const auto train = MakeSource();
  FitOptions options = MakeOptions();
  options.callbacks = {&failing};
  EXPECT_TRUE(IsError(MakeModel(7)->Fit(Batches(*train), options).status(),
                      absl::StatusCode::kAborted, {"no patience"}));
  EXPECT_EQ(failing.calls().back(), "on_train_end");
  EXPECT_EQ(train->reads(), 1);
}

}  // namespace
}  // namespace cairn
