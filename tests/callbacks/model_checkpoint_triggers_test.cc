// When a ModelCheckpoint saves.
#include <signal.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "callbacks/model_checkpoint.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;
using Strings = std::vector<std::string>;

// Does `what` in `hook` after `step` steps.
HookCallback::Function DoAt(const std::string& hook, int64_t step,
                            std::function<absl::Status()> what) {
  return [=](const std::string& called, TrainingSession& session, const Logs&) {
    return called == hook && session.step() == step ? what() : absl::OkStatus();
  };
}

HookCallback::Function RaiseAt(const std::string& hook, int64_t step,
                               int signal) {
  return DoAt(hook, step, [signal] {
    ::raise(signal);
    return absl::OkStatus();
  });
}

// The checkpoints that a run of two epochs of three steps leaves, all kept.
Strings KeptBy(const Trigger& every, SmallRun run = {}) {
  FaultFileSystem files;
  run.checkpoint.every = every;
  run.checkpoint.keep_last = 0;
  const auto result = Train(files, run);
  EXPECT_TRUE(IsOk(result.status));
  return result.kept;
}

TEST(ModelCheckpointTriggersTest, SavesAtTheMomentsOfAnyTrigger) {
  EXPECT_EQ(KeptBy(EverySteps(2)),
            (Strings{"run/ckpt-2", "run/ckpt-4", "run/ckpt-6"}));
  EXPECT_EQ(KeptBy(AtSteps({1, 5})),
            (Strings{"run/ckpt-1", "run/ckpt-5", "run/ckpt-6"}));
  EXPECT_EQ(KeptBy(AtEnd()), Strings{"run/ckpt-6"});
  // Where several meet there is one save.
  EXPECT_EQ(KeptBy(AnyOf({EveryEpochs(1), EverySteps(3), AtSteps({3, 4})})),
            (Strings{"run/ckpt-3", "run/ckpt-4", "run/ckpt-6"}));
}

TEST(ModelCheckpointTriggersTest, SavesAfterSoMuchTime) {
  double now = 0;
  SmallRun run;
  run.checkpoint.clock = [&now] { return now; };
  run.before = [&now](const std::string& hook, TrainingSession&, const Logs&) {
    if (hook == "on_train_batch_begin") now += 10;
    return absl::OkStatus();
  };
  EXPECT_EQ(KeptBy(EverySeconds(20), run),
            (Strings{"run/ckpt-2", "run/ckpt-4", "run/ckpt-6"}));
}

TEST(ModelCheckpointTriggersTest, SavesAsOftenAsTheBudgetAllows) {
  double now = 0;
  SmallRun run{.epochs = 40};
  run.checkpoint.overhead = 0.1;
  run.checkpoint.verbose = 1;
  run.checkpoint.keep_last = 0;
  // A step takes a second, and so does a save: each look at the clock while
  // one is made moves it on.
  bool saving = false;
  run.checkpoint.clock = [&] {
    if (saving) now += 0.25;
    return now;
  };
  run.before = [&](const std::string& hook, TrainingSession&, const Logs&) {
    if (hook == "on_train_batch_begin") now += 1;
    saving = hook == "on_train_batch_end";
    return absl::OkStatus();
  };
  run.checkpoint.every = AtEnd();
  FaultFileSystem files;
  testing::internal::CaptureStdout();
  const auto result = Train(files, run);
  const std::string text = testing::internal::GetCapturedStdout();
  ASSERT_TRUE(IsOk(result.status));
  const double stall = absl::ToDoubleSeconds(result.totals.stall);
  EXPECT_GT(result.totals.saved, 3);
  EXPECT_LE(stall, 0.1 * now);
  EXPECT_TRUE(absl::StrContains(text, "within 10 % of the time")) << text;
  EXPECT_TRUE(absl::StrContains(text, "; a save every ")) << text;
}

TEST(ModelCheckpointTriggersTest, ASignalSavesAndTrainingGoesOn) {
  SmallRun run;
  run.before = RaiseAt("on_train_batch_begin", 1, SIGUSR1);
  EXPECT_EQ(KeptBy(AnyOf({AtEnd(), OnSignal()}), run),
            (Strings{"run/ckpt-2", "run/ckpt-6"}));
}

TEST(ModelCheckpointTriggersTest, SigtermSavesAndStopsInTrainingAndValidation) {
  for (const char* hook :
       {"on_train_batch_begin", "on_test_batch_begin", "on_epoch_end"}) {
    SCOPED_TRACE(hook);
    FaultFileSystem files, unbroken_files;
    SmallRun run{.epochs = 3,
                 .checkpoint = {.directory = "run",
                                .every = AnyOf({EveryEpochs(1), OnSignal()}),
                                .resume = Resume::kAuto}};
    const auto unbroken = Train(unbroken_files, run);
    SmallRun stopped = run;
    stopped.before = RaiseAt(hook, 3, SIGTERM);
    const auto first = Train(files, stopped);
    EXPECT_TRUE(IsOk(first.status));
    EXPECT_TRUE(first.kept == Strings{"run/ckpt-3"} ||
                first.kept == (Strings{"run/ckpt-3", "run/ckpt-4"}));
    const auto resumed = Train(files, run);
    ASSERT_TRUE(IsOk(resumed.status));
    ASSERT_TRUE(resumed.resumed.has_value());
    EXPECT_EQ(resumed.values, unbroken.values);
    EXPECT_EQ(resumed.history, unbroken.history);
  }
}

TEST(ModelCheckpointTriggersTest, ASignalWhileValidatingIsServedThere) {
  FaultFileSystem files;
  SmallRun run;
  run.checkpoint.every = AnyOf({AtEnd(), OnSignal()});
  run.checkpoint.resume = Resume::kAuto;
  run.before = RaiseAt("on_test_batch_begin", 3, SIGUSR1);
  // The save is in place before the epoch ends, where the run then dies.
  run.after = DoAt("on_epoch_end", 3, [&] {
    EXPECT_EQ(files.Contents().count("run/ckpt-3.index"), 1u);
    return absl::AbortedError("gone");
  });
  EXPECT_TRUE(absl::IsAborted(Train(files, run).status));
  FaultFileSystem unbroken_files;
  SmallRun again;
  again.checkpoint.resume = Resume::kAuto;
  const auto unbroken = Train(unbroken_files, again);
  const auto resumed = Train(files, again);
  ASSERT_TRUE(IsOk(resumed.status));
  EXPECT_EQ(resumed.resumed->step, 3);
  EXPECT_EQ(resumed.values, unbroken.values);
  EXPECT_EQ(resumed.history, unbroken.history);
}

TEST(ModelCheckpointTriggersTest, AFileThatAppearsAsksForASave) {
  FaultFileSystem files;
  SmallRun run;
  run.checkpoint.every = AnyOf({AtEnd(), OnRequest("run/save-now")});
  run.before = DoAt("on_train_batch_begin", 1, [&] {
    files.Put("run/save-now", "");
    return absl::OkStatus();
  });
  const auto result = Train(files, run);
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.kept, (Strings{"run/ckpt-2", "run/ckpt-6"}));
  EXPECT_EQ(files.Contents().count("run/save-now"), 0u);
}

// The first epoch is better than the threshold, and what is asked for in the
// second has no value.
TEST(ModelCheckpointTriggersTest, WhatIsAskedForIsSavedThoughItIsNotTheBest) {
  struct Ask {
    const char* hook;
    int64_t step;
    int signal;  // 0: by a file.
    const char* prefix;
  };
  for (const Ask& ask :
       {Ask{"on_train_batch_begin", 3, 0, "run/ckpt-4"},
        Ask{"on_train_batch_begin", 3, SIGUSR1, "run/ckpt-4"},
        Ask{"on_test_batch_begin", 6, SIGUSR1, "run/ckpt-6"},
        Ask{"on_train_batch_begin", 3, SIGTERM, "run/ckpt-4"},
        Ask{"on_train_batch_begin", 5, SIGTERM, "run/ckpt-6"},
        Ask{"on_test_batch_begin", 6, SIGTERM, "run/ckpt-6"}}) {
    for (const char* monitor : {"val_loss", "loss"}) {
      SCOPED_TRACE(
          absl::StrCat(ask.hook, ask.step, SignalName(ask.signal), monitor));
      FaultFileSystem files;
      SmallRun run;
      run.checkpoint.every =
          AnyOf({EveryEpochs(1), OnSignal(), OnRequest("run/save-now")});
      run.checkpoint.monitor = monitor;
      run.checkpoint.save_best_only = true;
      run.before = DoAt(ask.hook, ask.step, [&] {
        ask.signal == 0 ? files.Put("run/save-now", "")
                        : static_cast<void>(::raise(ask.signal));
        return absl::OkStatus();
      });
      // Nothing but what was asked for is saved after the first epoch.
      run.after =
          DoAt("on_test_end", 6, [] { return absl::AbortedError("gone"); });
      const auto result = Train(files, run);
      EXPECT_EQ(result.kept, (Strings{"run/ckpt-3", ask.prefix}));
      EXPECT_EQ(result.best, "run/ckpt-3");
      EXPECT_EQ(*BestCheckpoint("run", "", files), "run/ckpt-3");
      EXPECT_EQ(files.Contents().count("run/save-now"), 0u);
    }
  }
}

TEST(ModelCheckpointTriggersTest, AnErrorIsSavedIfAskedForAndTheStepIsWhole) {
  for (const bool asked : {false, true}) {
    FaultFileSystem files;
    SmallRun run;
    run.checkpoint.every =
        asked ? AnyOf({EveryEpochs(1), OnError()}) : EveryEpochs(1);
    run.before = DoAt("on_train_batch_end", 5,
                      [] { return absl::AbortedError("a bug"); });
    const auto result = Train(files, run);
    EXPECT_TRUE(absl::IsAborted(result.status));
    EXPECT_EQ(result.kept, asked ? (Strings{"run/ckpt-3", "run/ckpt-5"})
                                 : Strings{"run/ckpt-3"});
    if (!asked) continue;
    SmallRun again;
    again.checkpoint.resume = Resume::kMust;
    FaultFileSystem unbroken;
    EXPECT_EQ(Train(files, again).values, Train(unbroken, {}).values);
  }
}

TEST(ModelCheckpointTriggersTest, WhatIsOfAnotherStepIsNotReplacedUnawares) {
  FaultFileSystem files;
  SmallRun run;
  run.checkpoint = {
      .path = "run/cp-{batch}", .every = EverySteps(1), .keep_last = 0};
  EXPECT_TRUE(IsError(Train(files, run).status, Code::kAlreadyExists,
                      {"run/cp-1", "after step 1", "{step}"}));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto found, ListCheckpoints("run", files));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front().prefix, "run/cp-1");
  EXPECT_EQ(found.front().step, 1);
  // Between two sessions of a run too.
  FaultFileSystem others;
  run.checkpoint = {.path = "run/cp-{val_loss:.2f}",
                    .every = AnyOf({AtEnd(), OnSignal()}),
                    .resume = Resume::kAuto};
  run.before = StopAfterStep(2);
  ASSERT_TRUE(IsOk(Train(others, run).status));
  run.before = StopAfterStep(5);
  const auto second = Train(others, run);
  ASSERT_TRUE(IsOk(second.status));
  EXPECT_EQ(second.kept, (Strings{"run/cp-nan", "run/cp-nan-step-5"}));
}

TEST(ModelCheckpointTriggersTest, WhatWasSavedWithinAnEpochMakesWayInIt) {
  for (const char* path : {"run/cp-{epoch}", "run/cp-{epoch}-{val_loss}"}) {
    SCOPED_TRACE(path);
    FaultFileSystem files;
    SmallRun run;
    run.checkpoint = {.path = path,
                      .every = AnyOf({EveryEpochs(1), OnSignal()}),
                      .resume = Resume::kAuto};
    for (const int64_t stop : {1, 2}) {
      run.before = StopAfterStep(stop);
      const auto stopped = Train(files, run);
      ASSERT_TRUE(IsOk(stopped.status));
      ASSERT_EQ(stopped.kept.size(), 1u);
      EXPECT_TRUE(absl::StartsWith(stopped.kept[0], "run/cp-1"));
    }
    run.before = nullptr;
    const auto result = Train(files, run);
    ASSERT_TRUE(IsOk(result.status));
    EXPECT_TRUE(absl::StartsWith(result.kept.back(), "run/cp-2"));
  }
}

TEST(ModelCheckpointTriggersTest, CountsGoOnAfterAResume) {
  for (const int64_t stop : {1, 2, 3, 4, 5}) {
    FaultFileSystem files;
    SmallRun run;
    run.epochs = 4;
    run.checkpoint = {.directory = "run",
                      .every = AnyOf({EverySteps(5), EveryEpochs(3)}),
                      .keep_last = 0,
                      .resume = Resume::kAuto};
    SmallRun stopped = run;
    stopped.before = StopAfterStep(stop);
    ASSERT_TRUE(IsOk(Train(files, stopped).status));
    const auto result = Train(files, run);
    ASSERT_TRUE(IsOk(result.status));
    Strings expected;
    for (const int64_t step :
         {stop, int64_t{5}, int64_t{9}, int64_t{10}, int64_t{12}}) {
      const std::string name = absl::StrCat("run/ckpt-", step);
      if (expected.empty() || expected.back() != name) expected.push_back(name);
    }
    EXPECT_EQ(result.kept, expected);
  }
}

}  // namespace
}  // namespace cairn
