#include "callbacks/stop_on_signal.h"

#include <signal.h>

#include <memory>
#include <optional>
#include <string>

#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/callback_contract.h"
#include "tests/support/hook_callback.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

int handled = 0;
void CountSignal(int signal) { handled = signal; }

// Sends `signal` in the hook `sending` after `step` steps.
HookCallback::Function Send(int signal, const std::string& sending,
                            int64_t step) {
  return [=](const std::string& hook, TrainingSession& session, const Logs&) {
    if (hook == sending && session.step() == step) ::raise(signal);
    return absl::OkStatus();
  };
}

absl::Status Fit(std::vector<Callback*> callbacks, int64_t epochs = 2) {
  const auto model = MakeSmallModel({});
  const Tensor x = Tensor::Zeros({DType::kFloat32, {10, 4}});
  const Tensor y = Tensor::Zeros({DType::kInt32, {10}});
  return model
      ->Fit(x, y,
            {.epochs = epochs,
             .batch_size = 4,
             .verbose = 0,
             .callbacks = std::move(callbacks)})
      .status();
}

// How many steps a run did.
int64_t CountSteps(const HookCallback& hooks) {
  int64_t steps = 0;
  for (const std::string& call : hooks.calls()) {
    steps += call == "on_train_batch_end";
  }
  return steps;
}

TEST(StopOnSignalTest, KeepsWhatEveryCallbackPromises) {
  CheckCallback([] { return std::make_unique<StopOnSignal>(); });
}

TEST(StopOnSignalTest, EndsTheRunAfterTheStepAndTellsTheSignal) {
  for (const int signal : {SIGINT, SIGTERM}) {
    StopOnSignal stop;
    HookCallback hooks(Send(signal, "on_train_batch_begin", 3));
    EXPECT_TRUE(IsOk(Fit({&hooks, &stop})));
    EXPECT_EQ(stop.signal(), signal);
    EXPECT_EQ(CountSteps(hooks), 4);
    // The next run knows nothing of it.
    HookCallback next;
    EXPECT_TRUE(IsOk(Fit({&next, &stop})));
    EXPECT_EQ(stop.signal(), 0);
    EXPECT_EQ(CountSteps(next), 6);
  }
}

TEST(StopOnSignalTest, ASignalThatCameTooLateIsToldToo) {
  StopOnSignal stop;
  HookCallback hooks(Send(SIGINT, "on_epoch_end", 6));
  EXPECT_TRUE(IsOk(Fit({&hooks, &stop})));
  EXPECT_EQ(stop.signal(), SIGINT);
  EXPECT_EQ(CountSteps(hooks), 6);
}

TEST(StopOnSignalTest, AStoppedRunIsSavedWhereItStopped) {
  FaultFileSystem files;
  StopOnSignal stop;
  ModelCheckpoint checkpoint({.directory = "run", .save = {.files = &files}});
  HookCallback hooks(Send(SIGTERM, "on_train_batch_begin", 3));
  EXPECT_TRUE(IsOk(Fit({&hooks, &stop, &checkpoint})));
  EXPECT_EQ(checkpoint.checkpoints(),
            (std::vector<std::string>{"run/ckpt-3", "run/ckpt-4"}));
}

TEST(StopOnSignalTest, HandlersArePutBackHoweverTheRunEnds) {
  struct sigaction ours = {}, before = {};
  ours.sa_handler = CountSignal;
  ASSERT_EQ(::sigaction(SIGINT, &ours, &before), 0);
  const auto is_ours = [] {
    struct sigaction now = {};
    ::sigaction(SIGINT, nullptr, &now);
    return now.sa_handler == CountSignal;
  };
  StopOnSignal stop;
  EXPECT_TRUE(IsOk(Fit({&stop})));
  EXPECT_TRUE(is_ours());
  HookCallback failing(
      [&](const std::string& hook, TrainingSession&, const Logs&) {
        if (hook != "on_train_batch_end") return absl::OkStatus();
        EXPECT_FALSE(is_ours());
        return absl::AbortedError("no");
      });
  EXPECT_TRUE(absl::IsAborted(Fit({&stop, &failing})));
  EXPECT_TRUE(is_ours());
  HookCallback stopping(Send(SIGINT, "on_train_batch_begin", 0));
  EXPECT_TRUE(IsOk(Fit({&stop, &stopping})));
  EXPECT_TRUE(is_ours());
  EXPECT_EQ(handled, 0);
  ::raise(SIGINT);
  EXPECT_EQ(handled, SIGINT);
  handled = 0;
  ::sigaction(SIGINT, &before, nullptr);
}

TEST(StopOnSignalTest, ASignalThatIsIgnoredStaysIgnored) {
  const auto before = ::signal(SIGINT, SIG_IGN);
  StopOnSignal stop;
  HookCallback hooks(Send(SIGINT, "on_train_batch_begin", 0));
  EXPECT_TRUE(IsOk(Fit({&hooks, &stop})));
  EXPECT_EQ(stop.signal(), 0);
  EXPECT_GT(CountSteps(hooks), 1);
  ::signal(SIGINT, before);
}

TEST(StopOnSignalTest, TwoInOneRunBothTellTheSignal) {
  StopOnSignal first, second;
  HookCallback hooks(Send(SIGINT, "on_train_batch_begin", 0));
  EXPECT_TRUE(IsOk(Fit({&hooks, &first, &second})));
  EXPECT_EQ(first.signal(), SIGINT);
  EXPECT_EQ(second.signal(), SIGINT);
  EXPECT_EQ(CountSteps(hooks), 1);
}

TEST(StopOnSignalTest, EndsAnEvaluationAndAPredictionToo) {
  const auto model = MakeSmallModel({});
  const Tensor x = Tensor::Zeros({DType::kFloat32, {10, 4}});
  const Tensor y = Tensor::Zeros({DType::kInt32, {10}});
  for (const char* hook : {"on_test_batch_begin", "on_predict_batch_begin"}) {
    StopOnSignal stop;
    HookCallback hooks(Send(SIGTERM, hook, 0));
    const EvaluateOptions options = {
        .batch_size = 4, .verbose = 0, .callbacks = {&hooks, &stop}};
    const absl::Status status = hook == std::string("on_test_batch_begin")
                                    ? model->Evaluate(x, y, options).status()
                                    : model->Predict(x, options).status();
    EXPECT_TRUE(absl::IsCancelled(status)) << status;
    EXPECT_EQ(stop.signal(), SIGTERM);
  }
}

TEST(StopOnSignalDeathTest, TheSameSignalAgainEndsTheProcess) {
  EXPECT_EXIT(
      {
        StopOnSignal stop;
        HookCallback hooks(
            [](const std::string& hook, TrainingSession&, const Logs&) {
              if (hook == "on_train_batch_begin") {
                ::raise(SIGINT);
                ::raise(SIGINT);
              }
              return absl::OkStatus();
            });
        Fit({&hooks, &stop}).IgnoreError();
      },
      ::testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace cairn
