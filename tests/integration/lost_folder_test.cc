// A folder of checkpoints that somebody removes or moves away while a run saves
// into it, and one that cannot be written.
#include <fcntl.h>
#include <stdio.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <system_error>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cairn.h"
#include "gtest/gtest.h"
#include "tests/integration/disk_run.h"
#include "tests/support/hook_callback.h"
#include "tests/support/program.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;
using Code = absl::StatusCode;

// Calls `act` after each step, when it is saved, and once more at the end of an
// epoch.
HookCallback AfterSteps(std::function<void(int64_t step)> act) {
  return HookCallback(
      [act](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_save_point") act(session.step());
        return absl::OkStatus();
      });
}

void Remove(const std::string& path) {
  std::error_code ignored;  // A save may just make a file in it.
  fs::remove_all(path, ignored);
}

// Until the list has the first save, also one in the background, which may
// still be at work.
void AwaitSave(const std::string& folder) {
  while (!fs::exists(JoinPath(folder, "checkpoint"))) {
    absl::SleepFor(absl::Milliseconds(1));
  }
}

// In one step if that can be done here: a save at work may make the folder anew
// before the file is there.
void ReplaceByFile(const std::string& folder) {
  const std::string file = folder + "-file";
  std::ofstream(file) << "in the way";
  if (::renameat2(AT_FDCWD, file.c_str(), AT_FDCWD, folder.c_str(),
                  RENAME_EXCHANGE) != 0) {
    Remove(folder);
    fs::rename(file, folder);
  }
  Remove(file);
}

class LostFolderTest : public testing::TestWithParam<bool> {
 protected:
  ModelCheckpointOptions Options(const std::string& folder) const {
    return {.directory = folder,
            .every = EverySteps(1),
            .keep_last = 2,
            .asynchronous = GetParam(),
            .resume = Resume::kAuto};
  }
};

TEST_P(LostFolderTest, OneThatIsRemovedAgainAndAgainIsMadeAnew) {
  const std::string root = EmptyFolder("lost_folder");
  const std::string folder = JoinPath(root, "a/run");
  for (const std::string& removed : {folder, JoinPath(root, "a")}) {
    EXPECT_EQ(
        InChild([&] {
          // In the background the save of this step goes on meanwhile.
          HookCallback remover = AfterSteps([&](int64_t step) {
            if (step < 6) Remove(removed);
          });
          ModelCheckpoint::SaveTotals totals;
          EXPECT_TRUE(IsOk(TrainOnDisk(Options(folder), &totals, {&remover})));
          EXPECT_EQ(totals.failed, 0);
          EXPECT_EQ(totals.saved, 6);
          ExpectClean(folder, "ckpt-6");
          EXPECT_TRUE(IsOk(TrainOnDisk(Options(folder))));
        }),
        0);
    Remove(removed);
  }
}

TEST_P(LostFolderTest, OneThatIsMovedAwayKeepsWhatItHasAndTheRunGoesOn) {
  const std::string folder = JoinPath(EmptyFolder("moved_folder"), "run");
  const std::string elsewhere = folder + "-elsewhere";
  EXPECT_EQ(InChild([&] {
              HookCallback mover = AfterSteps([&](int64_t step) {
                if (step == 4) fs::rename(folder, elsewhere);
              });
              ModelCheckpointOptions options = Options(folder);
              options.keep_last = 0;
              EXPECT_TRUE(IsOk(TrainOnDisk(options, nullptr, {&mover})));
              ExpectClean(folder, "ckpt-6");
              // Those that were moved are not in the new list.
              const auto state = ReadCheckpointState(folder);
              ASSERT_TRUE(IsOk(state));
              for (const std::string& name : state->all) {
                EXPECT_TRUE(fs::exists(JoinPath(folder, name + ".index")))
                    << name;
              }
              const auto moved = LatestCheckpoint(elsewhere);
              ASSERT_TRUE(IsOk(moved));
              EXPECT_TRUE(absl::EndsWith(*moved, "ckpt-3") ||
                          absl::EndsWith(*moved, "ckpt-4"))
                  << *moved;
            }),
            0);
}

TEST_P(LostFolderTest, WhereNoneCanBeMadeTheRunStopsOrWarnsAsAsked) {
  for (const OnFailure on_failure :
       {OnFailure::kStop, OnFailure::kWarn, OnFailure::kRetry}) {
    const std::string root = EmptyFolder("blocked_folder");
    const std::string parent = JoinPath(root, "a");
    EXPECT_EQ(InChild([&] {
                int64_t last = 0;
                HookCallback blocker = AfterSteps([&](int64_t step) {
                  last = step;
                  if (step != 2) return;
                  AwaitSave(parent + "/run");
                  ReplaceByFile(parent);
                });
                ModelCheckpointOptions options = Options(parent + "/run");
                options.every = AtSteps({1, 4});
                options.on_failure = on_failure;
                ModelCheckpoint::SaveTotals totals;
                // That the end is not saved is the result in any case.
                EXPECT_TRUE(IsError(TrainOnDisk(options, &totals, {&blocker}),
                                    Code::kInternal,
                                    {parent + "/run", parent + "\""}));
                EXPECT_GE(totals.failed,
                          on_failure == OnFailure::kWarn ? 2 : 1);
                if (on_failure == OnFailure::kWarn) {
                  EXPECT_EQ(last, 6);
                } else if (!GetParam()) {
                  EXPECT_EQ(last, 3);
                }
              }),
              0);
  }
}

class ReadOnlyTest : public LostFolderTest {
 protected:
  static void SetUpTestSuite() {
    may_mount_ = InChild([] { EXPECT_TRUE(MayMount()); }) == 0;
  }
  void SetUp() override {
    if (!may_mount_) GTEST_SKIP() << "this process may not mount";
  }
  static inline bool may_mount_ = false;
};

TEST_P(ReadOnlyTest, OneThatBecomesReadOnlyStopsTheRunOrIsWarnedOf) {
  for (const OnFailure on_failure : {OnFailure::kStop, OnFailure::kWarn}) {
    const std::string root = EmptyFolder("read_only");
    EXPECT_EQ(InChild([&] {
                ASSERT_TRUE(MayMount());
                MountSmall(root, 16);
                const std::string folder = JoinPath(root, "run");
                HookCallback locker = AfterSteps([&](int64_t step) {
                  if (step != 2) return;
                  AwaitSave(folder);
                  MakeReadOnly(root, true);
                });
                ModelCheckpointOptions options = Options(folder);
                options.every = AtSteps({1, 4});
                options.on_failure = on_failure;
                ModelCheckpoint::SaveTotals totals;
                EXPECT_TRUE(IsError(TrainOnDisk(options, &totals, {&locker}),
                                    Code::kPermissionDenied,
                                    {folder, "Read-only file system"}));
                // In the background the error may be seen when the end is saved
                // too.
                EXPECT_GE(totals.failed,
                          on_failure == OnFailure::kWarn ? 2 : 1);
                EXPECT_LE(totals.failed, 2);
                // What is there for the next save cannot be removed either.
                ExpectGood(folder, "ckpt-1");
                // Once it can be written the run goes on.
                MakeReadOnly(root, false);
                EXPECT_TRUE(IsOk(TrainOnDisk(options)));
                ExpectClean(folder, "ckpt-6");
              }),
              0);
  }
}

TEST_P(ReadOnlyTest, OneThatCanBeWrittenAgainIsWaitedFor) {
  const std::string root = EmptyFolder("read_only_retry");
  EXPECT_EQ(InChild([&] {
              ASSERT_TRUE(MayMount());
              MountSmall(root, 16);
              HookCallback locker = AfterSteps([&](int64_t step) {
                if (step == 2) MakeReadOnly(root, true);
              });
              const OnceErrorsSay unlocker("trying again",
                                           [&] { MakeReadOnly(root, false); });
              ModelCheckpointOptions options = Options(JoinPath(root, "run"));
              options.every = AtSteps({1, 4});
              options.on_failure = OnFailure::kRetry;
              ModelCheckpoint::SaveTotals totals;
              EXPECT_TRUE(IsOk(TrainOnDisk(options, &totals, {&locker})));
              EXPECT_EQ(totals.failed, 0);
              ExpectClean(JoinPath(root, "run"), "ckpt-6");
            }),
            0);
}

TEST_P(ReadOnlyTest, OneThatIsReadOnlyIsRefusedBeforeTheFirstStepAndRead) {
  const std::string root = EmptyFolder("read_only_start");
  EXPECT_EQ(
      InChild([&] {
        ASSERT_TRUE(MayMount());
        MountSmall(root, 16);
        const std::string folder = JoinPath(root, "run");
        ASSERT_TRUE(IsOk(TrainOnDisk(Options(folder))));
        MakeReadOnly(root, true);
        int64_t steps = 0;
        HookCallback counter = AfterSteps([&](int64_t step) { steps = step; });
        for (const char* name : {"run", "another"}) {
          EXPECT_TRUE(IsError(
              TrainOnDisk(Options(JoinPath(root, name)), nullptr, {&counter}),
              Code::kPermissionDenied,
              {"the folder for checkpoints", JoinPath(root, name),
               "Read-only file system"}));
        }
        EXPECT_EQ(steps, 0);

        // All that reads can read it.
        ExpectClean(folder, "ckpt-6");
        EXPECT_TRUE(IsOk(CheckpointReader::Open(JoinPath(folder, "ckpt-6"))));
        for (const std::string verb : {"ls", "inspect", "verify"}) {
          const std::string what = verb == "ls" ? folder : folder + "/ckpt-6";
          const ProgramResult said =
              RunProgram({"tools/cairn/cairn", verb, what});
          EXPECT_EQ(said.code, 0) << verb << said.errors;
          if (verb != "ls") continue;
          EXPECT_TRUE(absl::StrContains(said.out, "ckpt-6")) << said.out;
        }
        // A run goes on from it that saves elsewhere.
        const auto read = ReadNewestCheckpoint(folder);
        ASSERT_TRUE(IsOk(read));
        const auto model = MakeDiskModel();
        EXPECT_TRUE(IsOk(LoadWeights(*model, folder)));
        const std::string elsewhere = EmptyFolder("read_only_elsewhere");
        EXPECT_TRUE(IsOk(
            TrainOnDisk(Options(elsewhere), nullptr, {}, &read->snapshot, 3)));
        ExpectClean(elsewhere, "ckpt-9");
      }),
      0);
}

INSTANTIATE_TEST_SUITE_P(, LostFolderTest, testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "InTheBackground" : "Waiting";
                         });
INSTANTIATE_TEST_SUITE_P(, ReadOnlyTest, testing::Bool(), [](const auto& info) {
  return info.param ? "InTheBackground" : "Waiting";
});

}  // namespace
}  // namespace cairn
