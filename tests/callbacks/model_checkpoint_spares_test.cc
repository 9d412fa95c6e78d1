#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "saving/save.h"
#include "saving/spare_files.h"
#include "saving/temporary_name.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

int Reused(const FaultFileSystem& files) {
  const auto operations = files.mutations();
  return static_cast<int>(std::count_if(
      operations.begin(), operations.end(), [](const std::string& operation) {
        return absl::StartsWith(operation, "ReuseFile ");
      }));
}

int Temporaries(const FaultFileSystem& files) {
  int count = 0;
  for (const auto& [path, content] : files.Contents()) {
    count += IsTemporaryName(path);
  }
  return count;
}

// Two epochs, saved after each of six steps, under numbers or as `path` says.
SmallRun EachStep(FaultFileSystem& files, int* most,
                  const std::string& path = "") {
  SmallRun run{.checkpoint = {.directory = path.empty() ? "run" : "",
                              .path = path,
                              .every = EverySteps(1),
                              .keep_last = 2,
                              .save = {.files = &files}}};
  run.after = [&files, most](const std::string&, TrainingSession&,
                             const Logs&) {
    *most = std::max(*most, Temporaries(files));
    return absl::OkStatus();
  };
  return run;
}

TEST(ModelCheckpointSparesTest, TheRoomOfTheRemovedIsUsedAgain) {
  FaultFileSystem files;
  int most = 0;
  const SmallRunResult result = Train(files, EachStep(files, &most));
  ASSERT_TRUE(IsOk(result.status));
  EXPECT_EQ(result.totals.saved, 6);
  // After the third save the first is removed: an index and a data file for
  // each of the three that follow. The second replaces the file "checkpoint",
  // for each of the four that follow.
  EXPECT_EQ(Reused(files), 10);
  EXPECT_EQ(most, 3);
  EXPECT_EQ(Temporaries(files), 0);
  for (const std::string& prefix : result.kept) {
    EXPECT_TRUE(IsOk(VerifySnapshot(prefix, {.files = &files})));
  }
}

// Also what another keeps, wherever a save finds the disk full.
TEST(ModelCheckpointSparesTest, WhereTheDiskIsFullAllIsGivenBack) {
  int most = 0, tried = 0;
  FaultFileSystem clean;
  ASSERT_TRUE(IsOk(Train(clean, EachStep(clean, &most)).status));
  const std::vector<std::string> operations = clean.mutations();
  for (size_t i = 0; i < operations.size(); ++i) {
    if (!absl::StartsWith(operations[i], "Append")) continue;
    SCOPED_TRACE(operations[i]);
    FaultFileSystem others, files;
    others.Put("a.index", "");
    SpareFiles spares;
    ASSERT_TRUE(IsOk(spares.Retire(others, "a.index")));
    files.FailMutation(static_cast<int>(i) + 1,
                       absl::ResourceExhaustedError("full"));
    EXPECT_TRUE(IsOk(Train(files, EachStep(files, &most)).status));
    ++tried;
  }
  // Of six saves the data, the index and the list.
  EXPECT_GE(tried, 18);
}

TEST(ModelCheckpointSparesTest, OneNameUsesItsOwnRoom) {
  FaultFileSystem files;
  int most = 0;
  ASSERT_TRUE(IsOk(Train(files, EachStep(files, &most, "run/last")).status));
  EXPECT_GT(Reused(files), 0);
  EXPECT_EQ(Temporaries(files), 0);
}

// What a kill leaves of a template, whose names anybody may use, is known by
// the lock of its save alone.
TEST(ModelCheckpointSparesTest, ATemplateKeepsNoRoom) {
  FaultFileSystem files;
  int most = 0;
  ASSERT_TRUE(IsOk(
      Train(files, EachStep(files, &most, "run/at-{epoch}-{batch}")).status));
  EXPECT_EQ(Reused(files), 0);
  EXPECT_EQ(most, 0);
}

TEST(ModelCheckpointSparesTest, WhatAKillLeavesTheNextStartClears) {
  FaultFileSystem files;
  int most = 0;
  SmallRun run = EachStep(files, &most);
  run.before = StopAfterStep(4);
  // Killed once some room is kept.
  run.after = [&files](const std::string&, TrainingSession& session,
                       const Logs&) {
    if (session.step() == 4) files.StopAfter(0);
    return absl::OkStatus();
  };
  EXPECT_FALSE(Train(files, run).status.ok());
  const auto after = files.AfterKill();
  EXPECT_EQ(Temporaries(*after), 3);
  SmallRun next = EachStep(*after, &most);
  next.checkpoint.resume = Resume::kAuto;
  ASSERT_TRUE(IsOk(Train(*after, next).status));
  EXPECT_EQ(Temporaries(*after), 0);
}

TEST(ModelCheckpointSparesTest, InTheBackgroundTheCacheIsBypassedUnlessAsked) {
  // Where files are written there: what is in them is the same.
  for (const bool asynchronous : {false, true}) {
    FaultFileSystem files;
    int most = 0;
    SmallRun run = EachStep(files, &most);
    run.checkpoint.asynchronous = asynchronous;
    ASSERT_TRUE(IsOk(Train(files, run).status));
    EXPECT_EQ(files.bypassed() > 0, asynchronous);
    FaultFileSystem others;
    run = EachStep(others, &most);
    run.checkpoint.asynchronous = asynchronous;
    run.checkpoint.save.bypass_cache = !asynchronous;
    ASSERT_TRUE(IsOk(Train(others, run).status));
    EXPECT_EQ(others.bypassed() > 0, !asynchronous);
  }
}

}  // namespace
}  // namespace cairn
