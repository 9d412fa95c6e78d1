// Every file operation of a run fails, or is the last before the program is
// killed or the power is cut; the run is then started again.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "saving/temporary_name.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/format_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Files = std::map<std::string, std::string>;

enum class Kind { kEveryEpoch, kEveryTwoSteps, kTemplate };

// Two epochs with saves that are rotated.
SmallRun MakeRun(Kind kind) {
  SmallRun run{.checkpoint = {.directory = "run",
                              .keep_last = 1,
                              .resume = Resume::kAuto}};
  if (kind == Kind::kEveryTwoSteps) {
    run.checkpoint.every = EverySteps(2);
    run.checkpoint.keep_last = 2;
  }
  if (kind == Kind::kTemplate) {
    run.checkpoint.directory = "";
    run.checkpoint.path = "run/cp-{epoch:02d}-{step:03d}";
  }
  return run;
}

std::unique_ptr<FaultFileSystem> MakeFiles() {
  auto files = std::make_unique<FaultFileSystem>();
  files->Put("run/notes.txt", "not ours");
  return files;
}

class ModelCheckpointFaultsTest : public ::testing::TestWithParam<Kind> {
 protected:
  ModelCheckpointFaultsTest() {
    // An unbroken run, and the values of each of its checkpoints.
    const auto files = MakeFiles();
    SmallRun watched = run_;
    watched.checkpoint.keep_last = 0;
    EXPECT_TRUE(IsOk(Train(*files, watched).status));
    const auto found = ListCheckpoints("run", *files);
    for (const CheckpointSummary& summary : *found) {
      snapshots_[BaseName(summary.prefix)] = Describe(*files, summary.prefix);
    }
    const auto rotated = MakeFiles();
    const SmallRunResult result = Train(*rotated, run_);
    EXPECT_TRUE(IsOk(result.status));
    mutations_ = rotated->mutations();
    needed_ = mutations_.size();
    while (GivesSpareBack(mutations_[needed_ - 1])) --needed_;
    files_ = FilesWithoutTimes(*rotated);
    values_ = result.values;
    history_ = result.history;
  }

  static std::string Describe(FileSystem& files, const std::string& prefix) {
    const auto snapshot = ReadSnapshot(prefix, AllParts(), {.files = &files});
    return snapshot.ok() ? DescribeValues(*snapshot)
                         : snapshot.status().ToString();
  }

  // What is there is a checkpoint of the unbroken run, and at least as new as
  // those that the run had finished saving.
  void ExpectWhole(FaultFileSystem& files, int64_t saved_step) const {
    const auto latest = LatestCheckpoint("run", files);
    if (!latest.ok()) {
      EXPECT_TRUE(absl::IsNotFound(latest.status())) << latest.status();
      EXPECT_EQ(saved_step, 0);
      return;
    }
    const auto wanted = snapshots_.find(BaseName(*latest));
    ASSERT_NE(wanted, snapshots_.end()) << *latest;
    EXPECT_EQ(Describe(files, *latest), wanted->second);
    const auto found = ListCheckpoints("run", files);
    EXPECT_GE(found->back().step, saved_step);
    // Also of those that are being removed no half is left. Of one that was
    // being saved it may be, and is not taken for a whole.
    for (const CheckpointSummary& summary : *found) {
      EXPECT_TRUE(summary.status.ok() || (absl::IsNotFound(summary.status) &&
                                          summary.step > saved_step))
          << summary.status;
    }
    // TensorFlow finds a checkpoint too, if it finds its file.
    const auto state = ReadCheckpointState("run", files);
    if (absl::IsNotFound(state.status())) return;
    ASSERT_TRUE(IsOk(state));
    EXPECT_TRUE(IsOk(VerifySnapshot(JoinPath("run", state->newest), {&files})));
  }

  // The run, started again, ends as the unbroken one.
  void ExpectGoesOn(FaultFileSystem& files) {
    const SmallRunResult result = Train(files, run_);
    ASSERT_TRUE(IsOk(result.status));
    EXPECT_EQ(result.values, values_);
    EXPECT_EQ(result.history, history_);
    EXPECT_EQ(FilesWithoutTimes(files), files_);
    ++resumed_;
  }

  // Of how many steps each is saved; 0: at the end of epochs.
  static int64_t every() { return GetParam() == Kind::kEveryTwoSteps ? 2 : 0; }

  const SmallRun run_ = MakeRun(GetParam());
  std::map<std::string, std::string> snapshots_;  // By name.
  std::vector<std::string> mutations_;
  size_t needed_ = 0;  // Behind these only spare room is given back.
  Files files_;
  std::string values_, history_;
  int resumed_ = 0, cuts_ = 0;
};

// The step of the last save that was finished, as `after` tells.
HookCallback::Function NoteSaves(int64_t every, int64_t& saved) {
  return [every, &saved, epoch_has_ended = false](const std::string& hook,
                                                  TrainingSession& session,
                                                  const Logs&) mutable {
    if (hook == "on_train_batch_end") epoch_has_ended = false;
    if (hook == "on_epoch_end") epoch_has_ended = true;
    const bool with_epoch = every == 0 || session.is_last_step_of_epoch();
    const bool saves = hook == "on_save_point" &&
                       (epoch_has_ended || !with_epoch) &&
                       (every == 0 || session.step() % every == 0);
    if (saves) saved = session.step();
    return absl::OkStatus();
  };
}

TEST_P(ModelCheckpointFaultsTest, AnErrorOfAnyOperationEndsTheRunAndNoMore) {
  for (size_t i = 0; i < mutations_.size(); ++i) {
    const bool has_half = absl::StartsWith(mutations_[i], "Append") ||
                          absl::StartsWith(mutations_[i], "Exchange");
    for (int half_written = 0; half_written <= (has_half ? 1 : 0);
         ++half_written) {
      SCOPED_TRACE(absl::StrCat("fails: ", mutations_[i]));
      int64_t saved = 0;
      SmallRun run = run_;
      run.after = NoteSaves(every(), saved);
      const auto files = MakeFiles();
      files->FailMutation(static_cast<int>(i) + 1,
                          absl::InternalError("broken"),
                          FaultFileSystem::Repeat::kOnce, half_written == 1);
      const SmallRunResult result = Train(*files, run);
      if (IsOfSpare(mutations_[i])) {
        EXPECT_TRUE(IsOk(result.status));
      } else {
        EXPECT_TRUE(
            IsError(result.status, absl::StatusCode::kInternal, {"broken"}));
      }
      ExpectWhole(*files, saved);
      // The model can be used, and the run be started again.
      EXPECT_FALSE(result.values.empty());
      ExpectGoesOn(*files->AfterKill());
    }
  }
  EXPECT_GT(resumed_, static_cast<int>(mutations_.size()));
  RecordProperty("failures", resumed_);
}

TEST_P(ModelCheckpointFaultsTest, AKillAfterAnyOperationLosesNoSave) {
  for (size_t i = 0; i <= mutations_.size(); ++i) {
    SCOPED_TRACE(absl::StrCat("killed after ", i, " operations"));
    int64_t saved = 0;
    SmallRun run = run_;
    run.after = NoteSaves(every(), saved);
    const auto files = MakeFiles();
    files->StopAfter(static_cast<int>(i));
    EXPECT_EQ(Train(*files, run).status.ok(), i >= needed_);
    const auto after = files->AfterKill();
    ExpectWhole(*after, saved);
    ExpectGoesOn(*after);
  }
  RecordProperty("kills", resumed_);
}

TEST_P(ModelCheckpointFaultsTest, APowerCutAfterAnyOperationLosesNoSave) {
  for (size_t i = 0; i <= mutations_.size(); ++i) {
    SCOPED_TRACE(absl::StrCat("power cut after ", i, " operations"));
    int64_t saved = 0;
    SmallRun run = run_;
    run.after = NoteSaves(every(), saved);
    const auto files = MakeFiles();
    files->StopAfter(static_cast<int>(i));
    EXPECT_EQ(Train(*files, run).status.ok(), i >= needed_);
    files->ForEachPowerCut(
        [&](FaultFileSystem& after, const std::string& choices) {
          SCOPED_TRACE(choices);
          ExpectWhole(after, saved);
          ++cuts_;
        });
    ExpectGoesOn(*files->AfterPowerCutLosingAll());
    ExpectGoesOn(*files->AfterPowerCutKeepingAll());
  }
  RecordProperty("cuts", cuts_);
}

TEST_P(ModelCheckpointFaultsTest, AFolderRemovedBeforeAnyOperationIsMadeAnew) {
  int made_anew = 0;
  for (const bool asynchronous : {false, true}) {
    for (size_t i = 0; i < needed_; ++i) {
      SCOPED_TRACE(absl::StrCat("removed before: ", mutations_[i]));
      const auto files = std::make_unique<FaultFileSystem>();
      files->RemoveFolderBefore(static_cast<int>(i) + 1, "run");
      SmallRun run = run_;
      run.checkpoint.asynchronous = asynchronous;
      ::testing::internal::CaptureStderr();
      const SmallRunResult result = Train(*files, run);
      const std::string said = ::testing::internal::GetCapturedStderr();
      if (absl::IsNotFound(result.status)) {
        // Before the first step: a person sees it at once.
        EXPECT_TRUE(result.history.empty());
        EXPECT_EQ(result.totals.saved + result.totals.failed, 0);
        continue;
      }
      ASSERT_TRUE(IsOk(result.status));
      EXPECT_EQ(result.values, values_);
      made_anew += absl::StrContains(said, "\"run\": somebody has removed");
      ExpectWhole(*files, result.totals.saved > 0 ? 1 : 0);
      // What is listed is there, and what is there is listed.
      CAIRN_ASSERT_OK_AND_ASSIGN(const auto found,
                                 ListCheckpoints("run", *files));
      std::vector<std::string> names;
      for (const auto& one : found) names.push_back(BaseName(one.prefix));
      CAIRN_ASSERT_OK_AND_ASSIGN(const auto state,
                                 ReadCheckpointState("run", *files));
      EXPECT_EQ(state.all, names);
      EXPECT_EQ(state.newest, BaseName(result.kept.back()));
      // The run, started again, has nothing left to do.
      const SmallRunResult again = Train(*files->AfterKill(), run_);
      ASSERT_TRUE(IsOk(again.status));
      EXPECT_EQ(again.values, values_);
      EXPECT_EQ(again.history, history_);
    }
  }
  EXPECT_GT(made_anew, static_cast<int>(mutations_.size()));
}

INSTANTIATE_TEST_SUITE_P(
    , ModelCheckpointFaultsTest,
    ::testing::Values(Kind::kEveryEpoch, Kind::kEveryTwoSteps, Kind::kTemplate),
    [](const auto& info) {
      return info.param == Kind::kEveryEpoch      ? "EveryEpoch"
             : info.param == Kind::kEveryTwoSteps ? "EveryTwoSteps"
                                                  : "Template";
    });

}  // namespace
}  // namespace cairn
