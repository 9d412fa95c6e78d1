// Disks that are full: a small file system of its own where the test may mount
// one, and else a limit on the size of files.
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cairn.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

// A run of six steps with a state of about 1.2 MB.
absl::Status Train(const ModelCheckpointOptions& options,
                   ModelCheckpoint::SaveTotals* totals = nullptr) {
  Sequential model;
  model.Add<InputLayer>({.shape = {28, 28}});
  model.Add<Rescaling>({.scale = 1 / 255.0});
  model.Add<Flatten>();
  model.Add<Dense>({.units = 128, .activation = "relu"});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  CAIRN_RETURN_IF_ERROR(
      model.Compile({.optimizer = "adam",
                     .loss = "sparse_categorical_crossentropy",
                     .threads = 1}));
  ModelCheckpoint checkpoint(options);
  const DigitImages digits = SyntheticDigits(96, /*seed=*/1);
  const absl::Status status = model
                                  .Fit(digits.images, digits.labels,
                                       {.epochs = 2,
                                        .batch_size = 32,
                                        .verbose = 0,
                                        .callbacks = {&checkpoint}})
                                  .status();
  if (totals != nullptr) *totals = checkpoint.totals();
  return status;
}

// Whether all that lies in a folder is good and nothing was left over.
void ExpectClean(const std::string& folder, const std::string& newest) {
  const auto latest = LatestCheckpoint(folder);
  ASSERT_TRUE(IsOk(latest));
  EXPECT_EQ(*latest, JoinPath(folder, newest));
  const auto all = ListCheckpoints(folder);
  ASSERT_TRUE(IsOk(all));
  for (const CheckpointSummary& one : *all) {
    EXPECT_TRUE(IsOk(VerifySnapshot(one.prefix)));
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_FALSE(absl::StrContains(entry.path().string(), ".tmp-"))
        << entry.path();
  }
}

std::string EmptyFolder(const std::string& name) {
  const std::string folder = JoinPath(testing::TempDir(), name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

// Runs `body` in a process of its own, whose limits and mounts end with it.
// Returns the exit code. All training happens in such processes: one that has
// started threads may not be forked, as a lock that another thread holds then
// (the allocator's, say) is never let go in the child.
int InChild(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    std::fflush(nullptr);
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

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
      EXPECT_TRUE(IsOk(Train(options)));
      ExpectClean(folder, "ckpt-6");
    };
    ASSERT_EQ(InChild(train_to_the_end), 0);
    std::filesystem::remove(JoinPath(folder, "ckpt-6.index"));
    EXPECT_EQ(
        InChild([&] {
          LimitFilesTo(100 << 10);
          ModelCheckpoint::SaveTotals totals;
          EXPECT_TRUE(IsError(Train(options, &totals),
                              absl::StatusCode::kResourceExhausted, {"ckpt-"}));
          EXPECT_EQ(totals.failed, 1);
          options.every = EverySteps(1);
          options.on_failure = OnFailure::kWarn;
          // Training goes on; that the end is not saved is the result.
          EXPECT_FALSE(Train(options, &totals).ok());
          EXPECT_GT(totals.failed, 3);
          ExpectClean(folder, "ckpt-2");
        }),
        0);
    ASSERT_EQ(InChild(train_to_the_end), 0);
  }
}

// Mounts a file system of a few megabytes, in a name space of its own, or says
// that this process may not.
bool MountSmall(const std::string& folder) {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("cairn_test", folder.c_str(), "tmpfs", 0, "size=4m") == 0;
}

TEST(FullDiskTest, ASmallFileSystemThatFillsUpKeepsTheLastCheckpoint) {
  const std::string folder = EmptyFolder("full_disk_small");
  EXPECT_EQ(
      InChild([&] {
        if (!MountSmall(folder)) {
          std::printf("this process may not mount; a limit is tried above\n");
          return;
        }
        const std::string run = JoinPath(folder, "run");
        // Three checkpoints fit.
        ModelCheckpointOptions options = {.directory = run,
                                          .every = EverySteps(1),
                                          .keep_last = 0,
                                          .resume = Resume::kAuto};
        const absl::Status full = Train(options);
        EXPECT_TRUE(IsError(full, absl::StatusCode::kResourceExhausted, {run}));
        ExpectClean(run, "ckpt-3");
        // It is found before the first step of the next run, which asks for
        // what is needed.
        EXPECT_TRUE(IsError(Train(options),
                            absl::StatusCode::kResourceExhausted, {"bytes"}));
        ExpectClean(run, "ckpt-3");
        // Where fewer are kept there is room again.
        std::filesystem::remove(JoinPath(run, "ckpt-1.index"));
        std::filesystem::remove(JoinPath(run, "ckpt-1.data-00000-of-00001"));
        options.keep_last = 1;
        EXPECT_TRUE(IsOk(Train(options)));
        ExpectClean(run, "ckpt-6");
      }),
      0);
}

}  // namespace
}  // namespace cairn
