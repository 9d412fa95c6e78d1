#include "callbacks/checkpoint_writing.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

class CheckpointWritingTest : public testing::Test {
 protected:
  CheckpointWriting Writing(FaultFileSystem& files, int64_t step) {
    CheckpointWriting writing;
    auto snapshot = model_->TakeSnapshot({Part::kWeights});
    EXPECT_TRUE(IsOk(snapshot));
    writing.snapshot = *std::move(snapshot);
    writing.checkpoint = {.prefix = absl::StrCat("run/ckpt-", step),
                          .step = step};
    writing.retention = {.last = 2};
    writing.save.files = &files;
    return writing;
  }

  static std::vector<int64_t> Steps(const CheckpointWriting& writing) {
    std::vector<int64_t> steps;
    for (const KeptCheckpoint& kept : writing.kept) steps.push_back(kept.step);
    return steps;
  }

  const std::shared_ptr<Sequential> model_ = MakeSmallModel({});
};

TEST_F(CheckpointWritingTest, WritesListsAndRemovesWhatNoRuleKeeps) {
  FaultFileSystem files;
  std::vector<KeptCheckpoint> kept;
  for (const int64_t step : {1, 2, 3}) {
    CheckpointWriting writing = Writing(files, step);
    writing.kept = kept;
    writing.wants_digest = true;
    ASSERT_TRUE(IsOk(writing.Write()));
    EXPECT_GT(writing.bytes, 0);
    EXPECT_GT(writing.kept.back().time, 1e9);
    EXPECT_EQ(writing.digest.size(), 26u);
    kept = writing.kept;
  }
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto found, ListCheckpoints("run", files));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].prefix, "run/ckpt-2");
  CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointState state,
                             ReadCheckpointState("run", files));
  EXPECT_EQ(state.all, (std::vector<std::string>{"ckpt-2", "ckpt-3"}));
}

TEST_F(CheckpointWritingTest, AnErrorLeavesTheListAsItWas) {
  FaultFileSystem files;
  CheckpointWriting first = Writing(files, 1);
  ASSERT_TRUE(IsOk(first.Write()));
  CheckpointWriting second = Writing(files, 2);
  second.kept = first.kept;
  files.FailMutation(static_cast<int>(files.mutations().size()) + 3,
                     absl::ResourceExhaustedError("full"),
                     FaultFileSystem::Repeat::kFromThenOn);
  EXPECT_TRUE(IsError(second.Write(), absl::StatusCode::kResourceExhausted,
                      {"ckpt-2", "full"}));
  EXPECT_EQ(Steps(second), std::vector<int64_t>{1});
}

TEST_F(CheckpointWritingTest, TriesAgainForTheTimeGivenAndSaysSo) {
  FaultFileSystem files;
  CheckpointWriting writing = Writing(files, 1);
  writing.retry_seconds = 60;
  files.FailMutation(2, absl::ResourceExhaustedError("full"));
  CaptureStderr();
  EXPECT_TRUE(IsOk(writing.Write()));
  EXPECT_TRUE(absl::StrContains(GetCapturedStderr(), "trying again"));
  EXPECT_EQ(Steps(writing), std::vector<int64_t>{1});

  FaultFileSystem broken;
  CheckpointWriting hopeless = Writing(broken, 1);
  hopeless.retry_seconds = 0.2;
  broken.FailMutation(2, absl::ResourceExhaustedError("full"),
                      FaultFileSystem::Repeat::kFromThenOn);
  CaptureStderr();
  EXPECT_TRUE(IsError(hopeless.Write(), absl::StatusCode::kResourceExhausted,
                      {"full"}));
  GetCapturedStderr();
}

TEST_F(CheckpointWritingTest, NoErrorThatPassesIsLeftToTheCaller) {
  // Up to the third, which removes the first.
  const auto write_all = [&](FaultFileSystem& files, double retry_seconds) {
    std::vector<KeptCheckpoint> kept;
    absl::Status status;
    for (const int64_t step : {1, 2, 3}) {
      CheckpointWriting writing = Writing(files, step);
      writing.kept = kept;
      writing.retry_seconds = step == 3 ? retry_seconds : 0;
      status.Update(writing.Write());
      EXPECT_EQ(status.ok() && step == 3,
                writing.removed == std::vector<std::string>{"run/ckpt-1"});
      kept = writing.kept;
    }
    return status;
  };
  FaultFileSystem clean;
  ASSERT_TRUE(IsOk(write_all(clean, 0)));
  const std::vector<std::string> mutations = clean.mutations();
  // Of the third: its data, the file "checkpoint", and the removal.
  int tried = 0;
  for (const char* what :
       {"Append run/ckpt-3.data", "Append run/checkpoint",
        "Rename run/checkpoint", "SyncDirectory", "Remove run/ckpt-1"}) {
    SCOPED_TRACE(what);
    int number = 0;
    for (size_t i = 0; i < mutations.size(); ++i) {
      if (absl::StartsWith(mutations[i], what)) number = static_cast<int>(i);
    }
    ASSERT_GT(number, 0);
    for (const double retry_seconds : {0, 60}) {
      FaultFileSystem files;
      files.FailMutation(number + 1, absl::ResourceExhaustedError("full"));
      CaptureStderr();
      const absl::Status status = write_all(files, retry_seconds);
      const std::string said = GetCapturedStderr();
      if (retry_seconds == 0) {
        EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
        continue;
      }
      EXPECT_TRUE(IsOk(status));
      EXPECT_TRUE(absl::StrContains(said, "full; trying again")) << said;
      EXPECT_EQ(FilesWithoutTimes(files), FilesWithoutTimes(clean));
      ++tried;
    }
  }
  EXPECT_EQ(tried, 5);
}

TEST_F(CheckpointWritingTest, ANameThatIsWrittenAgainMovesToTheEnd) {
  FaultFileSystem files;
  files.Put("run/ckpt-5.index", "of before");
  files.Put("run/ckpt-6.index", "of before");
  CheckpointWriting writing = Writing(files, 5);
  writing.kept = {{.prefix = "run/ckpt-5", .step = 4},
                  {.prefix = "run/ckpt-6", .step = 4}};
  ASSERT_TRUE(IsOk(writing.Write()));
  ASSERT_EQ(writing.kept.size(), 2u);
  EXPECT_EQ(writing.kept[0].prefix, "run/ckpt-6");
  EXPECT_EQ(writing.kept[1].prefix, "run/ckpt-5");
  EXPECT_EQ(writing.kept[1].step, 5);
}

TEST_F(CheckpointWritingTest, WhatSomebodyHasRemovedIsNoLongerInTheList) {
  FaultFileSystem files;
  CheckpointWriting writing = Writing(files, 3);
  for (const int64_t step : {1, 2}) {
    CheckpointWriting before = Writing(files, step);
    before.kept = writing.kept;
    ASSERT_TRUE(IsOk(before.Write()));
    writing.kept = before.kept;
  }
  ASSERT_TRUE(IsOk(RemoveCheckpoint("run/ckpt-2", files)));
  CaptureStderr();
  ASSERT_TRUE(IsOk(writing.Write()));
  const std::string said = GetCapturedStderr();
  EXPECT_TRUE(absl::StrContains(said, "1 of this run are gone")) << said;
  EXPECT_TRUE(absl::StrContains(said, "run/ckpt-2")) << said;
  // The older one need not go for it.
  EXPECT_EQ(Steps(writing), (std::vector<int64_t>{1, 3}));
  CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointState state,
                             ReadCheckpointState("run", files));
  EXPECT_EQ(state.all, (std::vector<std::string>{"ckpt-1", "ckpt-3"}));
}

TEST_F(CheckpointWritingTest, ARightThatIsGivenBackIsWaitedFor) {
  FaultFileSystem files;
  CheckpointWriting writing = Writing(files, 1);
  writing.retry_seconds = 5;
  files.FailMutation(2, absl::PermissionDeniedError("read-only"));
  CaptureStderr();
  EXPECT_TRUE(IsOk(writing.Write()));
  const std::string said = GetCapturedStderr();
  EXPECT_TRUE(absl::StrContains(said, "read-only; trying again")) << said;
}

}  // namespace
}  // namespace cairn
