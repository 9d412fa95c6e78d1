// Disks that are full: a small file system of its own where the test may mount
// one, and else a limit on the size of files.
#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "cairn.h"
#include "gtest/gtest.h"
#include "tests/integration/disk_run.h"
#include "tests/support/hook_callback.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

void LimitFilesTo(int64_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit limit = {static_cast<rlim_t>(bytes),
                               static_cast<rlim_t>(bytes)};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST(FullDiskTest, AFileThatMayNotGrowStopsTheRunOrIsWarnedOf) {
  for (const bool asynchronous : {false, true}) {
    SCOPED_TRACE(asynchronous ? "in the background" : "waiting");
    const std::string folder = EmptyFolder("full_disk_limit");
    ModelCheckpointOptions options = {.directory = folder,
                                      .every = AtSteps({2}),
                                      .asynchronous = asynchronous,
                                      .resume = Resume::kAuto};
    const auto train_to_the_end = [&] {
      EXPECT_TRUE(IsOk(TrainOnDisk(options)));
      ExpectClean(folder, "ckpt-6");
    };
    ASSERT_EQ(InChild(train_to_the_end), 0);
    std::filesystem::remove(JoinPath(folder, "ckpt-6.index"));
    EXPECT_EQ(
        InChild([&] {
          LimitFilesTo(100 << 10);
          ModelCheckpoint::SaveTotals totals;
          EXPECT_TRUE(IsError(TrainOnDisk(options, &totals),
                              absl::StatusCode::kResourceExhausted, {"ckpt-"}));
          EXPECT_EQ(totals.failed, 1);
          options.every = EverySteps(1);
          options.on_failure = OnFailure::kWarn;
          // Training goes on; that the end is not saved is the result.
          EXPECT_FALSE(TrainOnDisk(options, &totals).ok());
          EXPECT_GT(totals.failed, 3);
          ExpectClean(folder, "ckpt-2");
        }),
        0);
    ASSERT_EQ(InChild(train_to_the_end), 0);
  }
}

TEST(FullDiskTest, ALimitThatIsRaisedIsWaitedFor) {
  for (const bool asynchronous : {false, true}) {
    SCOPED_TRACE(asynchronous ? "in the background" : "waiting");
    const std::string folder = EmptyFolder("full_disk_retry");
    EXPECT_EQ(
        InChild([&] {
          ::signal(SIGXFSZ, SIG_IGN);
          struct rlimit before = {};
          ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
          HookCallback limiter([&](const std::string& hook,
                                   TrainingSession& session, const Logs&) {
            if (hook != "on_train_batch_begin" || session.step() != 1) {
              return absl::OkStatus();
            }
            struct rlimit low = before;
            low.rlim_cur = 100 << 10;
            EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
            return absl::OkStatus();
          });
          const OnceErrorsSay raiser("trying again", [&] {
            EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
          });
          ModelCheckpoint::SaveTotals totals;
          EXPECT_TRUE(IsOk(TrainOnDisk({.directory = folder,
                                        .every = AtSteps({2, 4}),
                                        .asynchronous = asynchronous,
                                        .on_failure = OnFailure::kRetry},
                                       &totals, {&limiter})));
          EXPECT_EQ(totals.failed, 0);
          EXPECT_EQ(totals.saved, 3);
          ExpectClean(folder, "ckpt-6");
        }),
        0);
  }
}

TEST(FullDiskTest, ASmallFileSystemThatFillsUpKeepsTheLastCheckpoint) {
  const std::string folder = EmptyFolder("full_disk_small");
  EXPECT_EQ(
      InChild([&] {
        if (!MayMount()) {
          std::printf("this process may not mount; a limit is tried above\n");
          return;
        }
        MountSmall(folder, 4);
        const std::string run = JoinPath(folder, "run");
        // Three checkpoints fit.
        ModelCheckpointOptions options = {.directory = run,
                                          .every = EverySteps(1),
                                          .keep_last = 0,
                                          .resume = Resume::kAuto};
        const absl::Status full = TrainOnDisk(options);
        EXPECT_TRUE(IsError(full, absl::StatusCode::kResourceExhausted, {run}));
        ExpectClean(run, "ckpt-3");
        // It is found before the first step of the next run, which asks for
        // what is needed.
        EXPECT_TRUE(IsError(TrainOnDisk(options),
                            absl::StatusCode::kResourceExhausted, {"bytes"}));
        ExpectClean(run, "ckpt-3");
        // Where fewer are kept there is room again.
        std::filesystem::remove(JoinPath(run, "ckpt-1.index"));
        std::filesystem::remove(JoinPath(run, "ckpt-1.data-00000-of-00001"));
        options.keep_last = 1;
        EXPECT_TRUE(IsOk(TrainOnDisk(options)));
        ExpectClean(run, "ckpt-6");
      }),
      0);
}

}  // namespace
}  // namespace cairn
