// Several ModelCheckpoints that save into one folder.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "callbacks/model_checkpoint.h"
#include "core/base/status_macros.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Strings = std::vector<std::string>;

// A run that keeps the newest two, and beside them the best two.
struct Both {
  explicit Both(FaultFileSystem& files, bool asynchronous)
      : best({.path = "run/best-{epoch:02d}",
              .monitor = "val_loss",
              .save_best_only = true,
              .keep_last = 2,
              .asynchronous = asynchronous,
              .resume = Resume::kAuto,
              .save = {.files = &files}}) {
    run.epochs = 4;
    run.checkpoint = {.directory = "run",
                      .every = EverySteps(1),
                      .keep_last = 2,
                      .asynchronous = asynchronous,
                      .resume = Resume::kAuto};
    run.others = {&best};
  }

  SmallRun run;
  ModelCheckpoint best;
};

// The names of the checkpoints that lie there.
Strings Names(const FaultFileSystem& files) {
  Strings names;
  for (const std::string& prefix : Prefixes(files)) {
    names.push_back(BaseName(prefix));
  }
  return names;
}

// What either has is there and in the list, and nothing else is.
void ExpectKeptApart(FaultFileSystem& files, const SmallRunResult& result,
                     const ModelCheckpoint& best) {
  Strings all;
  for (const Strings& prefixes : {result.kept, best.checkpoints()}) {
    for (const std::string& prefix : prefixes) all.push_back(BaseName(prefix));
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(Names(files), all);
  CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointState state,
                             ReadCheckpointState("run", files));
  Strings listed = state.all;
  std::sort(listed.begin(), listed.end());
  EXPECT_EQ(listed, all);
  EXPECT_TRUE(std::is_sorted(state.timestamps.begin(), state.timestamps.end()));
  // TensorFlow finds one that is as new as the newest.
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto found, ListCheckpoints("run", files));
  for (const CheckpointSummary& one : found) {
    if (BaseName(one.prefix) != state.newest) continue;
    EXPECT_EQ(one.step, found.back().step);
  }
}

TEST(ModelCheckpointTogetherTest, EachKeepsAndRemovesItsOwn) {
  for (const bool asynchronous : {false, true}) {
    FaultFileSystem files;
    Both both(files, asynchronous);
    const auto result = Train(files, both.run);
    ASSERT_TRUE(IsOk(result.status));
    EXPECT_EQ(result.kept, (Strings{"run/ckpt-11", "run/ckpt-12"}));
    EXPECT_FALSE(both.best.checkpoints().empty());
    EXPECT_LE(both.best.checkpoints().size(), 3u);
    ExpectKeptApart(files, result, both.best);
  }
}

TEST(ModelCheckpointTogetherTest, AStoppedRunGoesOnWithTheNewestOfAll) {
  FaultFileSystem unbroken_files;
  Both whole(unbroken_files, false);
  const auto unbroken = Train(unbroken_files, whole.run);
  for (int64_t step = 1; step < 12; ++step) {
    SCOPED_TRACE(step);
    FaultFileSystem files;
    Both stopped(files, false);
    stopped.run.before = StopAfterStep(step);
    ASSERT_TRUE(IsOk(Train(files, stopped.run).status));
    Both again(files, false);
    const auto result = Train(files, again.run);
    ASSERT_TRUE(IsOk(result.status));
    ASSERT_TRUE(result.resumed.has_value());
    EXPECT_EQ(result.resumed->step, step);
    EXPECT_EQ(result.values, unbroken.values);
    EXPECT_EQ(result.history, unbroken.history);
    EXPECT_EQ(result.kept, unbroken.kept);
    EXPECT_EQ(again.best.best_checkpoint(), whole.best.best_checkpoint());
    ExpectKeptApart(files, result, again.best);
  }
}

// Ends the run for good after two epochs.
class TwoEpochs : public Callback {
 public:
  absl::string_view class_name() const override { return "TwoEpochs"; }
  absl::Status OnEpochEnd(TrainingSession&, const Logs&) override {
    ++epochs_;
    return absl::OkStatus();
  }
  absl::Status OnSavePoint(TrainingSession& session, const Logs&) override {
    if (epochs_ >= 2) session.RequestStop();
    return absl::OkStatus();
  }
  State SaveState() const override {
    return {.values = Config::Object{{"epochs", epochs_}}};
  }
  absl::Status RestoreState(const State& state) override {
    CAIRN_ASSIGN_OR_RETURN(epochs_, state.values.Get<int64_t>("epochs"));
    return absl::OkStatus();
  }

 private:
  int64_t epochs_ = 0;
};

// What is saved first has what those behind it in the list have learned of the
// moment, and what they have still to save.
TEST(ModelCheckpointTogetherTest, AKillAtAnyMomentLosesNothingOfAny) {
  const auto train = [](FaultFileSystem& files) {
    SmallRun run = Both(files, false).run;
    run.checkpoint.keep_last = 0;
    TwoEpochs two_epochs;
    ModelCheckpoint epochs({.path = "run/best-{epoch:02d}-{batch}",
                            .monitor = "val_loss",
                            .keep_last = 0,
                            .resume = Resume::kAuto,
                            .save = {.files = &files}});
    ModelCheckpoint last({.path = "run/last",
                          .every = EverySteps(2),
                          .resume = Resume::kAuto,
                          .save = {.files = &files}});
    run.others = {&epochs, &last, &two_epochs};
    return Train(files, run);
  };
  FaultFileSystem unbroken;
  ASSERT_TRUE(IsOk(train(unbroken).status));
  EXPECT_EQ(Names(unbroken),
            (Strings{"best-01-3", "best-02-3", "ckpt-1", "ckpt-2", "ckpt-3",
                     "ckpt-4", "ckpt-5", "ckpt-6", "last"}));
  const auto expected = FilesWithoutTimes(unbroken);
  int count = static_cast<int>(unbroken.mutations().size());
  while (GivesSpareBack(unbroken.mutations()[count - 1])) --count;
  for (int i = 1; i < count; ++i) {
    SCOPED_TRACE(absl::StrCat("killed after ", unbroken.mutations()[i - 1]));
    FaultFileSystem files;
    files.StopAfter(i);
    EXPECT_FALSE(train(files).status.ok());
    const auto after = files.AfterKill();
    ASSERT_TRUE(IsOk(train(*after).status));
    const auto found = FilesWithoutTimes(*after);
    for (const auto& [path, content] : expected) {
      if (BaseName(path) == "checkpoint") continue;  // Its order is by times.
      ASSERT_EQ(found.count(path), 1) << path;
      EXPECT_TRUE(found.at(path) == content) << path;
    }
    EXPECT_EQ(Names(*after), Names(unbroken));
  }
}

TEST(ModelCheckpointTogetherTest, NamesThatAreTakenForOneAnothersAreRefused) {
  for (const char* path : {"run/ckpt-{epoch}-best", "run/ckpt-{step}"}) {
    FaultFileSystem files;
    ModelCheckpoint second({.path = path, .save = {.files = &files}});
    SmallRun run;
    run.others = {&second};
    run.before = [](const std::string& hook, TrainingSession&, const Logs&) {
      return hook == "on_train_batch_begin" ? absl::AbortedError("a step")
                                            : absl::OkStatus();
    };
    EXPECT_TRUE(IsError(Train(files, run).status,
                        absl::StatusCode::kFailedPrecondition,
                        {"run/.ckpt-.lock", "begin differently"}));
    EXPECT_EQ(Names(files), Strings{});
  }
}

}  // namespace
}  // namespace cairn
