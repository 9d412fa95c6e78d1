// Saves within an epoch that are compared by a metric of the validation.
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "callbacks/model_checkpoint.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/hook_callback.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;
using Strings = std::vector<std::string>;

// Two epochs of three steps and two batches of validation, saved after steps 2,
// 4 and 6, of which 6 is the end of the second epoch.
SmallRun ValidatingRun() {
  SmallRun run;
  run.checkpoint.every = EverySteps(2);
  run.checkpoint.monitor = "val_loss";
  run.checkpoint.validate_when_saving = true;
  run.checkpoint.resume = Resume::kAuto;
  return run;
}

// The monitored value of each checkpoint of "run", by step.
std::map<int64_t, double> Values(FaultFileSystem& files) {
  std::map<int64_t, double> values;
  const auto found = ListCheckpoints("run", files);
  EXPECT_TRUE(IsOk(found));
  if (!found.ok()) return values;
  for (const CheckpointSummary& one : *found) {
    if (one.monitored.size() == 1) {
      values[one.step] = one.monitored[0].value;
    }
  }
  return values;
}

// All that the checkpoints say, by prefix.
std::map<std::string, std::string> States(FaultFileSystem& files) {
  std::map<std::string, std::string> states;
  const auto found = ListCheckpoints("run", files);
  EXPECT_TRUE(IsOk(found));
  if (!found.ok()) return states;
  for (const CheckpointSummary& one : *found) {
    const auto snapshot =
        ReadSnapshot(one.prefix, AllParts(), {.files = &files});
    EXPECT_TRUE(IsOk(snapshot));
    if (snapshot.ok()) states[one.prefix] = DescribeSnapshot(*snapshot);
  }
  return states;
}

// Does `what` at the `number`-th call of a hook.
HookCallback::Function AtCall(
    const std::string& hook, int number,
    std::function<absl::Status(TrainingSession&)> what) {
  return [=, calls = 0](const std::string& called, TrainingSession& session,
                        const Logs&) mutable {
    return called == hook && ++calls == number ? what(session)
                                               : absl::OkStatus();
  };
}

TEST(ModelCheckpointValidationTest, TheValueIsThatOfTheStateThatIsSaved) {
  FaultFileSystem files;
  const auto result = Train(files, ValidatingRun());
  ASSERT_TRUE(IsOk(result.status));
  const std::map<int64_t, double> values = Values(files);
  ASSERT_EQ(values.size(), 3);
  int64_t best = 2;
  for (const auto& [step, value] : values) {
    const auto model = MakeSmallModel({});
    ASSERT_TRUE(IsOk(LoadWeights(*model, absl::StrCat("run/ckpt-", step), {},
                                 {.files = &files})));
    CAIRN_ASSERT_OK_AND_ASSIGN(
        const Logs logs,
        model->Evaluate(SmallValidationData(),
                        {.batch_size = SmallRun().batch_size, .verbose = 0}));
    EXPECT_EQ(value, FindLog(logs, "loss")) << step;
    if (value < values.at(best)) best = step;
  }
  EXPECT_NE(values.at(2), values.at(4));
  EXPECT_EQ(result.best, absl::StrCat("run/ckpt-", best));
}

TEST(ModelCheckpointValidationTest, TheRunIsThatWithoutIt) {
  for (const bool asynchronous : {false, true}) {
    FaultFileSystem files, plain_files;
    SmallRun run = ValidatingRun();
    run.checkpoint.asynchronous = asynchronous;
    SmallRun plain = run;
    plain.checkpoint.validate_when_saving = false;
    const auto result = Train(files, run), expected = Train(plain_files, plain);
    EXPECT_EQ(result.values, expected.values);
    EXPECT_EQ(result.history, expected.history);
    EXPECT_EQ(result.kept, expected.kept);
    // Without it only the end of an epoch has a value.
    const auto values = Values(plain_files);
    EXPECT_TRUE(std::isnan(values.at(2)));
    EXPECT_FALSE(std::isnan(values.at(6)));
  }
}

TEST(ModelCheckpointValidationTest, OnlyTheBestAreSavedIfSoChosen) {
  FaultFileSystem files;
  SmallRun run = ValidatingRun();
  run.checkpoint.save_best_only = true;
  // Larger is better: a loss that falls is best at first.
  run.checkpoint.mode = MonitorMode::kMax;
  ASSERT_TRUE(IsOk(Train(files, ValidatingRun()).status));
  const std::map<int64_t, double> values = Values(files);
  Strings expected;
  double best = -1;
  for (const auto& [step, value] : values) {
    if (value > best) expected.push_back(absl::StrCat("run/ckpt-", step));
    best = std::max(best, value);
  }
  FaultFileSystem best_files;
  const auto result = Train(best_files, run);
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.kept, expected);
}

TEST(ModelCheckpointValidationTest, AStopWithinTheValidationLosesNothing) {
  FaultFileSystem unbroken;
  SmallRun run = ValidatingRun();
  run.checkpoint.keep_last = 0;
  const auto expected = Train(unbroken, run);
  ASSERT_TRUE(IsOk(expected.status));
  const auto states = States(unbroken);
  // Two batches each after steps 2, 3, 4 and 6.
  for (const char* hook : {"on_test_batch_begin", "on_test_batch_end"}) {
    for (int number = 1; number <= 8; ++number) {
      SCOPED_TRACE(absl::StrCat(hook, " ", number));
      FaultFileSystem files;
      SmallRun stopped = run;
      stopped.before = AtCall(hook, number, [](TrainingSession& session) {
        session.RequestStop();
        return absl::OkStatus();
      });
      ASSERT_TRUE(IsOk(Train(files, stopped).status));
      const auto resumed = Train(files, run);
      ASSERT_TRUE(IsOk(resumed.status));
      EXPECT_EQ(resumed.values, expected.values);
      EXPECT_EQ(resumed.history, expected.history);
      EXPECT_EQ(resumed.best, expected.best);
      const auto found = States(files);
      for (const auto& [prefix, state] : states) {
        ASSERT_EQ(found.count(prefix), 1) << prefix;
        EXPECT_EQ(found.at(prefix), state) << prefix;
      }
    }
  }
}

TEST(ModelCheckpointValidationTest, AKillWithinTheValidationLosesNothing) {
  FaultFileSystem unbroken;
  const SmallRun run = ValidatingRun();
  ASSERT_TRUE(IsOk(Train(unbroken, run).status));
  for (int number = 1; number <= 8; ++number) {
    SCOPED_TRACE(number);
    FaultFileSystem files;
    SmallRun killed = run;
    killed.before = AtCall("on_test_batch_end", number, [&](TrainingSession&) {
      files.StopAfter(0);
      return absl::AbortedError("killed");
    });
    EXPECT_FALSE(Train(files, killed).status.ok());
    const auto after = files.AfterKill();
    ASSERT_TRUE(IsOk(Train(*after, run).status));
    EXPECT_EQ(FilesWithoutTimes(*after), FilesWithoutTimes(unbroken));
  }
}

TEST(ModelCheckpointValidationTest,
     WhatIsAskedForMeanwhileIsAnsweredByTheSave) {
  FaultFileSystem files;
  SmallRun run = ValidatingRun();
  run.checkpoint.every =
      AnyOf({EverySteps(2), OnRequest("now"), OnSignal({SIGUSR1})});
  // So that nothing else would be saved.
  run.checkpoint.save_best_only = true;
  run.checkpoint.initial_value_threshold = -1;
  run.before = AtCall("on_test_batch_begin", 1, [&](TrainingSession& session) {
    EXPECT_EQ(session.step(), 2);
    EXPECT_TRUE(session.evaluating());
    ::raise(SIGUSR1);
    files.Put("now", "");
    return absl::OkStatus();
  });
  const auto result = Train(files, run);
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.kept, Strings{"run/ckpt-2"});
  EXPECT_EQ(result.totals.saved, 1);
  EXPECT_FALSE(std::isnan(Values(files).at(2)));
  EXPECT_EQ(files.Contents().count("now"), 0);
}

TEST(ModelCheckpointValidationTest, WhatIsAskedForFromOutsideIsNotValidated) {
  FaultFileSystem files;
  SmallRun run = ValidatingRun();
  run.checkpoint.every = OnSignal({SIGUSR1});
  run.before = AtCall("on_train_batch_begin", 1, [](TrainingSession&) {
    ::raise(SIGUSR1);
    return absl::OkStatus();
  });
  ASSERT_TRUE(IsOk(Train(files, run).status));
  EXPECT_TRUE(std::isnan(Values(files).at(1)));
}

TEST(ModelCheckpointValidationTest, AMonitorOfTheValidationIsNeeded) {
  for (const char* monitor : {"", "loss"}) {
    FaultFileSystem files;
    SmallRun run = ValidatingRun();
    run.checkpoint.monitor = monitor;
    EXPECT_TRUE(IsError(Train(files, run).status, Code::kInvalidArgument,
                        {"validate_when_saving", "val_loss", monitor}));
  }
  FaultFileSystem files;
  SmallRun run = ValidatingRun();
  run.validates = false;
  EXPECT_TRUE(
      IsError(Train(files, run).status, Code::kInvalidArgument, {"val_loss"}));
}

TEST(ModelCheckpointValidationTest, AnErrorInTheValidationEndsTheRun) {
  FaultFileSystem files;
  SmallRun run = ValidatingRun();
  run.before = AtCall("on_test_batch_end", 1, [](TrainingSession&) {
    return absl::CancelledError("a bug");
  });
  EXPECT_TRUE(IsError(Train(files, run).status, Code::kCancelled, {"a bug"}));
}

}  // namespace
}  // namespace cairn
