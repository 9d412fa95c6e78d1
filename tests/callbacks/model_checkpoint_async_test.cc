// Saves that are written while training goes on, and saves that fail.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "callbacks/model_checkpoint.h"
#include "core/base/mutex.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;
using Strings = std::vector<std::string>;

// Files whose making waits while a gate is closed.
class GatedFileSystem : public FaultFileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(
      const std::string& path) override {
    {
      MutexLock lock(mutex_);
      while (closed_) changed_.wait(mutex_);
    }
    if (on_new_file) on_new_file(path);
    return FaultFileSystem::NewWritableFile(path);
  }

  void SetClosed(bool closed) {
    {
      MutexLock lock(mutex_);
      closed_ = closed;
    }
    changed_.notify_all();
  }

  // Called on the thread that writes.
  std::function<void(const std::string& path)> on_new_file;

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// Closes the gate before the first step and opens it before the third.
HookCallback::Function CloseForTwoSteps(GatedFileSystem& files) {
  return
      [&files](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook != "on_train_batch_begin") return absl::OkStatus();
        if (session.step() == 0) files.SetClosed(true);
        if (session.step() == 2) files.SetClosed(false);
        return absl::OkStatus();
      };
}

SmallRun Asynchronous(SmallRun run = {}) {
  run.checkpoint.asynchronous = true;
  return run;
}

HookCallback::Function DoAt(const std::string& hook, int64_t step,
                            std::function<absl::Status()> what) {
  return [=](const std::string& called, TrainingSession& session, const Logs&) {
    return called == hook && session.step() == step ? what() : absl::OkStatus();
  };
}

// The number of the mutation that begins with `what`, of a run without faults.
int FindMutation(const SmallRun& run, const std::string& what, int times = 1) {
  FaultFileSystem files;
  EXPECT_TRUE(IsOk(Train(files, run).status));
  const std::vector<std::string> all = files.mutations();
  for (size_t i = 0; i < all.size(); ++i) {
    if (absl::StartsWith(all[i], what) && --times == 0) {
      return static_cast<int>(i) + 1;
    }
  }
  ADD_FAILURE() << "no " << what;
  return 0;
}

TEST(ModelCheckpointAsyncTest, WritesTheFilesThatARunThatWaitsWrites) {
  SmallRun run{.epochs = 4};
  run.checkpoint.every = EverySteps(1);
  run.checkpoint.keep_last = 3;
  FaultFileSystem files, expected;
  const auto waiting = Train(expected, run);
  const auto result = Train(files, Asynchronous(run));
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(FilesWithoutTimes(files), FilesWithoutTimes(expected));
  EXPECT_EQ(result.kept, waiting.kept);
  EXPECT_EQ(result.totals.saved, 12);
  EXPECT_EQ(result.totals.skipped, 0);
  EXPECT_GT(result.totals.bytes, 0);
  EXPECT_EQ(result.values, waiting.values);
}

// What is written is the state of its step, however far training has gone.
TEST(ModelCheckpointAsyncTest, TrainingDoesNotReachWhatIsWritten) {
  GatedFileSystem files;
  SmallRun run = Asynchronous();
  run.checkpoint.every = AtSteps({1});
  run.before = [&](const std::string& hook, TrainingSession& session,
                   const Logs&) {
    if (hook == "on_train_batch_begin" && session.step() == 0) {
      files.SetClosed(true);
    }
    // Five steps later the save of the first goes on.
    if (hook == "on_train_end") files.SetClosed(false);
    return absl::OkStatus();
  };
  ASSERT_TRUE(IsOk(Train(files, run).status));
  FaultFileSystem expected;
  SmallRun waiting;
  waiting.checkpoint.every = AtSteps({1});
  ASSERT_TRUE(IsOk(Train(expected, waiting).status));
  EXPECT_EQ(FilesWithoutTimes(files), FilesWithoutTimes(expected));
}

TEST(ModelCheckpointAsyncTest, WhenBusySavesAreLeftOutIfSoChosen) {
  GatedFileSystem files;
  SmallRun run = Asynchronous();
  run.checkpoint.every = EverySteps(1);
  run.checkpoint.when_busy = WhenBusy::kSkip;
  run.before = [&](const std::string& hook, TrainingSession& session,
                   const Logs&) {
    if (hook == "on_train_batch_begin" && session.step() == 0) {
      files.SetClosed(true);
    }
    if (hook == "on_train_end") files.SetClosed(false);
    return absl::OkStatus();
  };
  const auto result = Train(files, run);
  ASSERT_TRUE(IsOk(result.status));
  // The first, and the end, which is never left out.
  EXPECT_EQ(result.kept, (Strings{"run/ckpt-1", "run/ckpt-6"}));
  EXPECT_EQ(result.totals.saved, 2);
  EXPECT_EQ(result.totals.skipped, 5);
}

TEST(ModelCheckpointAsyncTest, WhenBusySavesArePostponedIfSoChosen) {
  GatedFileSystem files;
  SmallRun run = Asynchronous();
  run.checkpoint.every = EverySteps(1);
  run.checkpoint.keep_last = 0;
  run.checkpoint.when_busy = WhenBusy::kPostpone;
  run.before = CloseForTwoSteps(files);
  const auto result = Train(files, run);
  ASSERT_TRUE(IsOk(result.status));
  // That of step 2 is done with the next, which the end of an epoch waits for.
  const auto is_kept = [&](const std::string& prefix) {
    return std::count(result.kept.begin(), result.kept.end(), prefix) == 1;
  };
  EXPECT_TRUE(is_kept("run/ckpt-1"));
  EXPECT_FALSE(is_kept("run/ckpt-2"));
  EXPECT_TRUE(is_kept("run/ckpt-3"));
  EXPECT_TRUE(is_kept("run/ckpt-6"));
  EXPECT_GE(result.totals.postponed, 1);
  EXPECT_EQ(result.totals.skipped, 0);
}

// What the writer had no time for comes at a later step, once.
TEST(ModelCheckpointAsyncTest, APostponedSaveIsDoneOnceTheWriterIsFree) {
  GatedFileSystem files;
  SmallRun run = Asynchronous();
  run.checkpoint.every = AtSteps({1, 2});
  run.checkpoint.when_busy = WhenBusy::kPostpone;
  run.before = CloseForTwoSteps(files);
  const auto result = Train(files, run);
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.kept.front(), "run/ckpt-1");
  EXPECT_EQ(result.kept.back(), "run/ckpt-6");
  EXPECT_EQ(result.totals.postponed, 1);
  EXPECT_LE(result.totals.saved, 3);
}

// Asked for while the save of step 1 is written, which ends only once the run
// has come to the end of step 2.
TEST(ModelCheckpointAsyncTest, WhatIsAskedForFromOutsideIsNeverLeftOut) {
  constexpr char kRequest[] = "run/save-now";
  for (const WhenBusy when_busy :
       {WhenBusy::kWait, WhenBusy::kSkip, WhenBusy::kPostpone}) {
    for (const bool by_signal : {false, true}) {
      SCOPED_TRACE(absl::StrCat(static_cast<int>(when_busy),
                                by_signal ? ", signal" : ", file"));
      GatedFileSystem files;
      bool opens = false, asked_when_written = false;
      files.on_new_file = [&](const std::string& path) {
        if (!absl::StartsWith(path, "run/ckpt-2")) return;
        asked_when_written = files.Contents().count(kRequest) > 0;
      };
      SmallRun run = Asynchronous();
      run.checkpoint.every =
          AnyOf({AtSteps({1}), OnRequest(kRequest), OnSignal()});
      run.checkpoint.when_busy = when_busy;
      run.checkpoint.clock = [&] {
        if (opens) files.SetClosed(false);
        return SecondsOfSteadyClock();
      };
      run.before = [&](const std::string& hook, TrainingSession& session,
                       const Logs&) {
        if (hook == "on_train_batch_begin" && session.step() == 0) {
          files.SetClosed(true);
        }
        if (hook == "on_train_batch_begin" && session.step() == 1) {
          by_signal ? static_cast<void>(::raise(SIGUSR1))
                    : files.Put(kRequest, "");
        }
        opens = opens || (hook == "on_train_batch_end" && session.step() == 2);
        return absl::OkStatus();
      };
      const auto result = Train(files, run);
      ASSERT_TRUE(IsOk(result.status));
      EXPECT_EQ(result.kept,
                (Strings{"run/ckpt-1", "run/ckpt-2", "run/ckpt-6"}));
      EXPECT_EQ(result.totals.skipped + result.totals.postponed, 0);
      EXPECT_EQ(asked_when_written, !by_signal);
      EXPECT_EQ(files.Contents().count(kRequest), 0u);
    }
  }
}

TEST(ModelCheckpointAsyncTest, AFailedWriteStopsTheRunAtTheNextStep) {
  SmallRun run{.epochs = 5};
  run.checkpoint.every = EverySteps(2);
  const int rename = FindMutation(run, "Rename run/ckpt-4.index");
  for (const bool asynchronous : {false, true}) {
    FaultFileSystem files;
    files.FailMutation(rename, absl::PermissionDeniedError("not yours"));
    run.checkpoint.asynchronous = asynchronous;
    const auto result = Train(files, run);
    EXPECT_TRUE(IsError(result.status, Code::kPermissionDenied,
                        {"ckpt-4", "not yours"}));
    EXPECT_EQ(result.kept, Strings{"run/ckpt-2"});
    EXPECT_EQ(result.totals.failed, 1);
    EXPECT_EQ(*LatestCheckpoint("run", files), "run/ckpt-2");
  }
}

TEST(ModelCheckpointAsyncTest, AFailedLastWriteIsTheResultOfTheRun) {
  SmallRun run;
  const int rename = FindMutation(run, "Rename run/ckpt-6.index");
  FaultFileSystem files;
  files.FailMutation(rename, absl::PermissionDeniedError("not yours"));
  EXPECT_TRUE(IsError(Train(files, Asynchronous(run)).status,
                      Code::kPermissionDenied, {"ckpt-6"}));
  // It was tried once more, so that nothing is lost.
  EXPECT_EQ(*LatestCheckpoint("run", files), "run/ckpt-6");
}

TEST(ModelCheckpointAsyncTest, AWarningLetsTrainingGoOn) {
  SmallRun run{.epochs = 3};
  run.checkpoint.every = EverySteps(2);
  const int rename = FindMutation(run, "Rename run/ckpt-4.index");
  for (const bool asynchronous : {false, true}) {
    FaultFileSystem files;
    files.FailMutation(rename, absl::PermissionDeniedError("not yours"));
    run.checkpoint.asynchronous = asynchronous;
    run.checkpoint.on_failure = OnFailure::kWarn;
    CaptureStderr();
    const auto result = Train(files, run);
    EXPECT_TRUE(absl::StrContains(GetCapturedStderr(), "not yours"));
    EXPECT_TRUE(IsOk(result.status));
    EXPECT_EQ(result.kept, (Strings{"run/ckpt-2", "run/ckpt-6", "run/ckpt-8",
                                    "run/ckpt-9"}));
    EXPECT_EQ(result.totals.failed, 1);
  }
}

TEST(ModelCheckpointAsyncTest, AWarningIsNotTheEndWhereNothingWasSavedAfterIt) {
  SmallRun run;
  run.checkpoint.on_failure = OnFailure::kWarn;
  const int first = FindMutation(run, "Rename run/ckpt-6.index");
  FaultFileSystem files;
  files.FailMutation(first, absl::PermissionDeniedError("not yours"),
                     FaultFileSystem::Repeat::kFromThenOn);
  CaptureStderr();
  EXPECT_TRUE(IsError(Train(files, Asynchronous(run)).status,
                      Code::kPermissionDenied, {"not yours"}));
  GetCapturedStderr();
  EXPECT_EQ(*LatestCheckpoint("run", files), "run/ckpt-3");
}

TEST(ModelCheckpointAsyncTest, AFullDiskIsWaitedForIfSoChosen) {
  SmallRun run;
  const int append = FindMutation(run, "Append", 1);
  for (const bool asynchronous : {false, true}) {
    FaultFileSystem files;
    files.FailMutation(append, absl::ResourceExhaustedError("no space left"));
    run.checkpoint.asynchronous = asynchronous;
    run.checkpoint.on_failure = OnFailure::kRetry;
    CaptureStderr();
    const auto result = Train(files, run);
    EXPECT_TRUE(absl::StrContains(GetCapturedStderr(), "trying again"));
    ASSERT_TRUE(IsOk(result.status));
    EXPECT_EQ(result.kept, (Strings{"run/ckpt-3", "run/ckpt-6"}));
  }
}

TEST(ModelCheckpointAsyncTest, WhatCannotPassIsNotWaitedFor) {
  SmallRun run;
  const int append = FindMutation(run, "Append", 1);
  FaultFileSystem files;
  files.FailMutation(append, absl::FailedPreconditionError("never"));
  run.checkpoint.on_failure = OnFailure::kRetry;
  run.checkpoint.retry_time = absl::Hours(1);
  EXPECT_TRUE(
      IsError(Train(files, run).status, Code::kFailedPrecondition, {"never"}));
}

TEST(ModelCheckpointAsyncTest, WaitingForTheLastWriteIsCounted) {
  // Each file that is made takes a second of this clock. The gate is closed
  // until training looks at it before it waits: after two looks when the save
  // begins, one behind the copy, and one when the write has been started.
  GatedFileSystem files;
  std::atomic<int> seconds = 0;
  bool ends = false;
  int looks = 0;
  files.on_new_file = [&](const std::string&) { ++seconds; };
  SmallRun run = Asynchronous();
  run.checkpoint.every = AtEnd();
  run.checkpoint.clock = [&] {
    const double now = seconds;
    if (ends && ++looks == 5) files.SetClosed(false);
    return now;
  };
  int made = 0;
  run.before = [&](const std::string& hook, TrainingSession&, const Logs&) {
    if (hook != "on_train_end") return absl::OkStatus();
    files.SetClosed(true);
    ends = true;
    made = seconds;
    return absl::OkStatus();
  };
  const auto result = Train(files, run);
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.totals.saved, 1);
  EXPECT_GE(seconds - made, 2);  // Data and index.
  EXPECT_EQ(result.totals.stall, absl::Seconds(seconds - made));
}

TEST(ModelCheckpointAsyncTest, AnInterruptedRunGoesOnBitForBit) {
  for (int64_t stop = 1; stop < 9; ++stop) {
    FaultFileSystem files, unbroken_files;
    SmallRun run = Asynchronous({.epochs = 3,
                                 .checkpoint = {.directory = "run",
                                                .every = EverySteps(2),
                                                .keep_last = 2,
                                                .resume = Resume::kAuto}});
    const auto unbroken = Train(unbroken_files, run);
    SmallRun failing = run;
    failing.before = DoAt("on_train_batch_end", stop,
                          [] { return absl::AbortedError("a bug"); });
    EXPECT_TRUE(absl::IsAborted(Train(files, failing).status));
    const auto resumed = Train(files, run);
    ASSERT_TRUE(IsOk(resumed.status));
    EXPECT_EQ(resumed.values, unbroken.values);
    EXPECT_EQ(FilesWithoutTimes(files), FilesWithoutTimes(unbroken_files));
  }
}

}  // namespace
}  // namespace cairn
