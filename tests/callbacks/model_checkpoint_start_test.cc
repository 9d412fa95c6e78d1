// What a ModelCheckpoint finds out before the first step.
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "callbacks/model_checkpoint.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "saving/temporary_name.h"
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

TEST(ModelCheckpointStartTest, WhatCannotBeMeantIsRefusedBeforeTheFirstStep) {
  struct Wrong {
    ModelCheckpointOptions options;
    std::vector<absl::string_view> parts;
    bool validates = true;
  };
  const std::vector<Wrong> all = {
      {{.directory = "run", .every = AnyOf({})}, {"no moment"}},
      {{.directory = "run", .overhead = 1}, {"overhead", "1"}},
      {{.directory = "run", .overhead = -0.1}, {"overhead"}},
      {{.directory = "run", .overhead = std::nan("")}, {"overhead"}},
      {{.directory = "run", .monitor = "val_los"},
       {"val_los", "there are loss, accuracy, val_loss"}},
      {{.directory = "run", .monitor = "val_loss"},
       {"val_loss", "validation data"},
       false},
      {{.directory = "run", .every = OnBest()}, {"val_loss"}, false},
      {{.directory = "run", .every = EverySteps(2), .save_best_only = true},
       {"val_loss", "EveryEpochs"}},
      {{.directory = "run", .keep_best = -1}, {"keep_best", "-1"}},
      {{.directory = "run", .keep_every_steps = -4}, {"keep_every_steps"}},
      {{.directory = "run", .keep_one_per = -absl::Hours(1)}, {"keep_one_per"}},
      {{.path = "run/cp-{valloss:.2f}"}, {"valloss", "val_loss", "epoch"}},
      {{.path = "run/cp-{epoch}", .every = EverySteps(2)}, {"{step}"}},
      {{.path = "run/best",
        .every = AnyOf({EveryEpochs(1), OnSignal()}),
        .save_best_only = true},
       {"run/best", "replace the best"}},
      {{.path = "run/{val_loss:.2f}", .every = EverySteps(2)}, {"{step}"}},
  };
  for (const Wrong& wrong : all) {
    FaultFileSystem files;
    SmallRun run{.validates = wrong.validates,
                 .checkpoint = wrong.options,
                 .before = DoAt("on_train_batch_begin", 0, [] {
                   ADD_FAILURE() << "a step began";
                   return absl::OkStatus();
                 })};
    const absl::Status status = Train(files, run).status;
    EXPECT_TRUE(IsError(status, Code::kInvalidArgument, {}));
    for (const absl::string_view part : wrong.parts) {
      EXPECT_TRUE(absl::StrContains(status.message(), part))
          << status << " lacks " << part;
    }
    EXPECT_TRUE(files.mutations().empty());
  }
}

TEST(ModelCheckpointStartTest, ATrialSaveIsReadBackAndRemoved) {
  FaultFileSystem files;
  SmallRun run;
  run.checkpoint.trial_save = true;
  run.before = DoAt("on_train_batch_begin", 0, [&] {
    for (const auto& [path, content] : files.Contents()) {
      ADD_FAILURE() << path << " was left";
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(IsOk(Train(files, run).status));
  bool tried = false;
  for (const std::string& what : files.mutations()) {
    tried = tried || absl::StrContains(what, ".trial");
  }
  EXPECT_TRUE(tried);
}

TEST(ModelCheckpointStartTest, OneRunAtATimeWritesInAFolder) {
  FaultFileSystem files;
  absl::Status other, apart;
  SmallRun run;
  run.before = DoAt("on_train_batch_end", 2, [&] {
    other = Train(files, {}).status;
    SmallRun elsewhere;
    elsewhere.checkpoint = {.path = "run/other-{epoch}"};
    apart = Train(files, elsewhere).status;
    return absl::OkStatus();
  });
  ASSERT_TRUE(IsOk(Train(files, run).status));
  EXPECT_TRUE(IsError(other, Code::kFailedPrecondition, {"writes there now"}));
  EXPECT_TRUE(IsOk(apart));
  // However a run ends, the next one finds the folder free.
  SmallRun failing{.epochs = 3};
  failing.checkpoint.resume = Resume::kAuto;
  failing.before =
      DoAt("on_train_batch_end", 7, [] { return absl::AbortedError("a bug"); });
  EXPECT_TRUE(absl::IsAborted(Train(files, failing).status));
  failing.before = nullptr;
  EXPECT_TRUE(IsOk(Train(files, failing).status));
}

TEST(ModelCheckpointStartTest, RoomIsLookedForBeforeTheFirstStep) {
  for (const FreeSpace space : {FreeSpace{.bytes = 1000, .files = 100},
                                FreeSpace{.bytes = 1 << 30, .files = 2}}) {
    FaultFileSystem files;
    files.SetFreeSpace(space);
    SmallRun run;
    run.before = DoAt("on_train_batch_begin", 0, [] {
      ADD_FAILURE() << "a step began";
      return absl::OkStatus();
    });
    EXPECT_TRUE(IsError(
        Train(files, run).status, Code::kResourceExhausted,
        {absl::StrCat(space.bytes, " bytes and ", space.files, " files")}));
  }
}

TEST(ModelCheckpointStartTest, ADryRunFindsAFullDiskAndSavesNothing) {
  SmallRun run;
  run.dry_run = true;
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Train(files, run).status));
  EXPECT_TRUE(files.Contents().empty());
  FaultFileSystem full;
  SmallRun none;
  none.checkpoint.trial_save = true;
  int first_append = 0;
  for (const std::string& what : files.mutations()) {
    ++first_append;
    if (absl::StartsWith(what, "Append")) break;
  }
  full.FailMutation(first_append, absl::ResourceExhaustedError("no space left"),
                    FaultFileSystem::Repeat::kFromThenOn);
  EXPECT_TRUE(IsError(Train(full, run).status, Code::kResourceExhausted,
                      {"trial save", "no space left"}));
}

TEST(ModelCheckpointStartTest, AFolderWithoutRenamesIsFoundBeforeTheFirstStep) {
  class WithoutRenames : public FaultFileSystem {
    absl::Status Rename(const std::string& from, const std::string&) override {
      return absl::InternalError(from + ": not implemented");
    }
  };
  WithoutRenames files;
  SmallRun run;
  int steps = 0;
  run.before = [&](const std::string& hook, TrainingSession&, const Logs&) {
    steps += hook == "on_train_batch_begin";
    return absl::OkStatus();
  };
  EXPECT_TRUE(IsError(Train(files, run).status, absl::StatusCode::kInternal,
                      {"rename", "not implemented", "local disk"}));
  EXPECT_EQ(steps, 0);
  for (const auto& [path, content] : files.Contents()) {
    EXPECT_FALSE(IsTemporaryName(path)) << path;
  }
}

TEST(ModelCheckpointStartTest, WhatATemplateLeftIsCleared) {
  FaultFileSystem files;
  SmallRun run;
  run.checkpoint = {.path = "run/cp-{epoch:02d}-{val_loss:.1f}",
                    .resume = Resume::kAuto};
  const Strings ours = {
      "cp-03-1.5.data-00000-of-00001",        "cp-04-1.5.index",
      "cp-03-nan-step-8.data-00000-of-00002", "cp-05-1.5.index.tmp-77",
      "cp-05-1.5.data-00000-of-00001.tmp-77", "checkpoint.tmp-77"};
  const Strings others = {"cp-03.data-00000-of-00001", "cp-x-1.5.index.tmp-77",
                          "cp-03-1.5-best.data-00000-of-00001",
                          "cp-03-1.5.txt.tmp-77", "ckpt-3.index.tmp-77"};
  for (const Strings& names : {ours, others}) {
    for (const std::string& name : names) files.Put(JoinPath("run", name), "");
  }
  ASSERT_TRUE(IsOk(Train(files, run).status));
  const auto contents = files.Contents();
  for (const std::string& name : ours) {
    EXPECT_EQ(contents.count(JoinPath("run", name)), 0u) << name;
  }
  for (const std::string& name : others) {
    EXPECT_EQ(contents.count(JoinPath("run", name)), 1u) << name;
  }
}

// A number alone may be anybody's name.
TEST(ModelCheckpointStartTest,
     OfATemplateThatIsANumberOnlyWhatIsSureIsCleared) {
  FileSystem& files = FileSystem::Default();
  const std::string folder = absl::StrCat(testing::TempDir(), "/numbers");
  ASSERT_TRUE(IsOk(files.CreateDirectories(folder)));
  for (const char* name :
       {"7.data-00000-of-00001", "7.index.tmp-77", ".7.saving",
        "8.data-00000-of-00001", "8.index.tmp-77", ".x.saving"}) {
    ASSERT_TRUE(IsOk(files.NewWritableFile(JoinPath(folder, name))));
  }
  SmallRun run;
  run.checkpoint = {.path = absl::StrCat(folder, "/{epoch}"), .keep_last = 1};
  ASSERT_TRUE(IsOk(Train(files, run).status));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Strings found, files.List(folder));
  EXPECT_EQ(found,
            (Strings{".x.saving", "2.data-00000-of-00001", "2.index",
                     "8.data-00000-of-00001", "8.index.tmp-77", "checkpoint"}));
}

}  // namespace
}  // namespace cairn
