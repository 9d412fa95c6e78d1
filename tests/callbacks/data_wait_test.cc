// What callbacks do while a run waits for its data.
#include <signal.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "callbacks/model_checkpoint.h"
#include "callbacks/stop_on_signal.h"
#include "core/data/tensor_samples.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/hook_callback.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting_source.h"

namespace cairn {
namespace {

using Strings = std::vector<std::string>;

// Two epochs of three steps, from a source that is waited for before each.
// `in_wait` is called in the wait after `step` steps, before the callbacks.
absl::Status FitWaiting(int64_t step, const std::function<void()>& in_wait,
                        const std::vector<Callback*>& callbacks) {
  HookCallback first(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_data_wait" && session.step() == step) in_wait();
        return absl::OkStatus();
      });
  const Tensor x = Tensor::Zeros({DType::kFloat32, {10, 4}});
  const Tensor y = Tensor::Zeros({DType::kInt32, {10}});
  WaitingSource source(Batch(*FromTensors({{"", x}}, {{"", y}}), 4));
  std::vector<Callback*> all = {&first};
  all.insert(all.end(), callbacks.begin(), callbacks.end());
  return MakeSmallModel({})
      ->Fit(Batches(source), {.epochs = 2, .verbose = 0, .callbacks = all})
      .status();
}

TEST(DataWaitTest, StopOnSignalEndsTheRunThere) {
  StopOnSignal stop;
  FaultFileSystem files;
  ModelCheckpoint checkpoint({.directory = "run", .save = {.files = &files}});
  EXPECT_TRUE(
      IsOk(FitWaiting(2, [] { ::raise(SIGTERM); }, {&stop, &checkpoint})));
  EXPECT_EQ(stop.signal(), SIGTERM);
  EXPECT_EQ(checkpoint.checkpoints(), Strings{"run/ckpt-2"});
}

TEST(DataWaitTest, ACheckpointsTriggerEndsItToo) {
  FaultFileSystem files;
  ModelCheckpoint checkpoint(
      {.directory = "run", .every = OnSignal(), .save = {.files = &files}});
  EXPECT_TRUE(IsOk(FitWaiting(2, [] { ::raise(SIGINT); }, {&checkpoint})));
  EXPECT_EQ(checkpoint.checkpoints(), Strings{"run/ckpt-2"});
}

TEST(DataWaitTest, WhatIsAskedForIsSavedAndTheRunGoesOn) {
  for (const bool asynchronous : {false, true}) {
    FaultFileSystem files;
    ModelCheckpoint checkpoint({.path = "run/{step}-{epoch}-{batch}-{loss:.0f}",
                                .every = AnyOf({OnSignal(), OnRequest("now")}),
                                .asynchronous = asynchronous,
                                .save = {.files = &files}});
    bool asked = false;
    EXPECT_TRUE(IsOk(FitWaiting(2,
                                [&] {
                                  if (!std::exchange(asked, true))
                                    files.Put("now", "");
                                },
                                {&checkpoint})));
    EXPECT_EQ(checkpoint.checkpoints(),
              (Strings{"run/2-1-2-1", "run/6-2-3-1"}));
    EXPECT_EQ(files.Contents().count("now"), 0);
  }
}

TEST(DataWaitTest, WhatIsSavedAlreadyIsTheAnswer) {
  for (const bool asynchronous : {false, true}) {
    // Within an epoch, and, after a wait for the epoch's end, where the next
    // begins.
    for (const int64_t step : {2, 3}) {
      FaultFileSystem files;
      ModelCheckpoint checkpoint(
          {.directory = "run",
           .every = AnyOf({EverySteps(2), EveryEpochs(1), OnRequest("now")}),
           .monitor = "loss",
           .asynchronous = asynchronous,
           .save = {.files = &files}});
      int64_t waits = 0;
      EXPECT_TRUE(IsOk(FitWaiting(step,
                                  [&] {
                                    if (++waits == step - 1)
                                      files.Put("now", "");
                                  },
                                  {&checkpoint})));
      EXPECT_EQ(waits, step - 1);
      EXPECT_EQ(checkpoint.totals().saved, 4);  // After 2, 3, 4 and 6 steps.
      EXPECT_EQ(files.Contents().count("now"), 0);
    }
  }
}

TEST(DataWaitTest, BetweenEpochsTheValueOfTheLastIsKept) {
  FaultFileSystem files;
  ModelCheckpoint checkpoint({.directory = "run",
                              .every = AnyOf({AtEnd(), OnSignal({SIGUSR1})}),
                              .monitor = "loss",
                              .save = {.files = &files}});
  bool between = false;
  EXPECT_TRUE(IsOk(FitWaiting(3,
                              [&] {
                                // The first wait after step 3 is for the
                                // epoch's end.
                                if (std::exchange(between, !between))
                                  ::raise(SIGUSR1);
                              },
                              {&checkpoint})));
  const auto found = ListCheckpoints("run", files);
  ASSERT_TRUE(IsOk(found));
  ASSERT_EQ(found->size(), 2);
  EXPECT_EQ(found->at(0).step, 3);
  EXPECT_EQ(found->at(0).step_in_epoch, 0);
  ASSERT_EQ(found->at(0).monitored.size(), 1);
  EXPECT_GT(found->at(0).monitored[0].value, 0);
}

}  // namespace
}  // namespace cairn
