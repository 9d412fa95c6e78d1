#include "saving/checkpoint_directory.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/spare_files.h"
#include "tests/saving/checkpoint_files.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;

std::vector<std::string> Lines(FaultFileSystem& files) {
  std::vector<std::string> lines;
  const auto found = ListCheckpoints("run", files);
  if (!found.ok()) return {found.status().ToString()};
  for (const CheckpointSummary& summary : *found) {
    lines.push_back(absl::StrCat(summary.prefix, " ", summary.step, " ",
                                 summary.epoch, " ",
                                 summary.status.ok() ? "ok" : "damaged"));
  }
  return lines;
}

TEST(ListCheckpointsTest, GoesByRecordedStepsNotByNamesOrTimes) {
  FaultFileSystem files;
  Put(files, "run/newest-in-time", 30);
  Put(files, "run/ckpt-9", 40);
  Put(files, "run/ckpt-100", 20);
  // Of others the number in the name counts; without one they come first.
  Put(files, "run/cp-0035", -1);
  Put(files, "run/weights", -1);
  Put(files, "run/x-99999999999999999999", -1);
  EXPECT_EQ(Lines(files),
            (std::vector<std::string>{
                "run/weights -1 -1 ok", "run/x-99999999999999999999 -1 -1 ok",
                "run/ckpt-100 20 1 ok", "run/newest-in-time 30 1 ok",
                "run/cp-0035 35 -1 ok", "run/ckpt-9 40 1 ok"}));
}

TEST(ListCheckpointsTest, CountsTheBytesOfItsFilesAndNoOthers) {
  FaultFileSystem files;
  Put(files, "run/ckpt-1", 1);
  Put(files, "run/ckpt-1", 1);
  Put(files, "run/ckpt-11", 11);
  files.Put("run/ckpt-1.data", "not one of its");
  files.Put("run/ckpt-1.index.tmp-5", "not one of its");
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto found, ListCheckpoints("run", files));
  ASSERT_EQ(found.size(), 2u);
  const auto contents = files.Contents();
  EXPECT_EQ(found[0].bytes,
            static_cast<int64_t>(
                contents.at("run/ckpt-1.index").size() +
                contents.at("run/ckpt-1.data-00000-of-00002").size() +
                contents.at("run/ckpt-1.data-00001-of-00002").size()));
}

TEST(ListCheckpointsTest, OneThatCannotBeOpenedHasItsError) {
  FaultFileSystem files;
  Put(files, "run/ckpt-1", 1);
  Put(files, "run/ckpt-2", 2);
  Put(files, "run/ckpt-3", 3);
  Damage(files, "run/ckpt-2.index");
  ASSERT_TRUE(IsOk(files.Remove("run/ckpt-3.data-00000-of-00001")));
  files.Put("run/.index", "");
  EXPECT_EQ(Lines(files),
            (std::vector<std::string>{"run/ -1 -1 damaged", "run/ckpt-1 1 1 ok",
                                      "run/ckpt-2 2 -1 damaged",
                                      "run/ckpt-3 3 -1 damaged"}));
}

TEST(ListCheckpointsTest, AnEmptyFolderIsEmptyAndNoneIsNotFound) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  EXPECT_TRUE(Lines(files).empty());
  EXPECT_TRUE(
      IsError(ListCheckpoints("absent", files), Code::kNotFound, {"absent"}));
}

TEST(CheckpointStateTest, IsTensorFlowsText) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  // A clock that was set back: what is youngest was first.
  ASSERT_TRUE(IsOk(WriteCheckpointState("run", {"run/ckpt-1", "run/ckpt-2"},
                                        {20.5, 10.25}, {.files = &files})));
  EXPECT_EQ(files.Contents()["run/checkpoint"],
            "model_checkpoint_path: \"ckpt-2\"\n"
            "all_model_checkpoint_paths: \"ckpt-1\"\n"
            "all_model_checkpoint_paths: \"ckpt-2\"\n"
            "all_model_checkpoint_timestamps: 20.5\n"
            "all_model_checkpoint_timestamps: 10.25\n"
            "last_preserved_timestamp: 9.25\n");
  CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointState state,
                             ReadCheckpointState("run", files));
  EXPECT_EQ(state.newest, "ckpt-2");
  EXPECT_EQ(state.all, (std::vector<std::string>{"ckpt-1", "ckpt-2"}));
  EXPECT_EQ(state.timestamps, (std::vector<double>{20.5, 10.25}));
}

TEST(CheckpointStateTest, IsReplacedInOneStep) {
  FaultFileSystem clean;
  clean.Put("run/checkpoint", "old");
  const std::vector<std::string> names = {"run/ckpt-1"};
  ASSERT_TRUE(IsOk(WriteCheckpointState("run", names, {1}, {.files = &clean})));
  const std::string now = clean.Contents()["run/checkpoint"];
  const int last = static_cast<int>(clean.mutations().size());
  for (int number = 0; number <= last; ++number) {
    FaultFileSystem files;
    files.Put("run/checkpoint", "old");
    files.StopAfter(number);
    WriteCheckpointState("run", names, {1}, {.files = &files}).IgnoreError();
    files.ForEachPowerCut([&](FaultFileSystem& after, const std::string&) {
      const std::string text = after.Contents()["run/checkpoint"];
      EXPECT_TRUE(text == "old" || text == now) << text;
    });
  }
}

TEST(CheckpointStateTest, MissingAndDamagedFilesAreNamed) {
  FaultFileSystem files;
  files.Put("run/checkpoint", "model_checkpoint_path: ");
  EXPECT_TRUE(IsError(ReadCheckpointState("run", files), Code::kDataLoss,
                      {"run/checkpoint"}));
  EXPECT_TRUE(IsError(ReadCheckpointState("absent", files), Code::kNotFound,
                      {"absent/checkpoint"}));
}

TEST(RemoveCheckpointTest, TakesAllItsFilesAndNoOthers) {
  FaultFileSystem files;
  Put(files, "run/ckpt-1", 1);
  Put(files, "run/ckpt-11", 11);
  // Left by a save that was killed.
  files.Put("run/ckpt-1.data-00000-of-00002", "");
  files.Put("run/ckpt-1.txt", "not ours");
  ASSERT_TRUE(IsOk(RemoveCheckpoint("run/ckpt-1", files)));
  std::vector<std::string> names;
  for (const auto& [path, content] : files.Contents()) names.push_back(path);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "run/ckpt-1.txt", "run/ckpt-11.data-00000-of-00001",
                       "run/ckpt-11.index", "run/notes.txt"}));
  // Once more finds nothing to do.
  EXPECT_TRUE(IsOk(RemoveCheckpoint("run/ckpt-1", files)));
}

TEST(RemoveCheckpointTest, TheIndexGoesFirstAlsoWhenThePowerIsCut) {
  FaultFileSystem written;
  Put(written, "run/ckpt-1", 1);
  auto files = written.AfterPowerCutLosingAll();
  ASSERT_TRUE(IsOk(RemoveCheckpoint("run/ckpt-1", *files)));
  EXPECT_EQ(
      files->mutations(),
      (std::vector<std::string>{"Remove run/ckpt-1.index", "SyncDirectory run",
                                "Remove run/ckpt-1.data-00000-of-00001"}));
  for (int number = 0; number <= 3; ++number) {
    files = written.AfterPowerCutLosingAll();
    files->StopAfter(number);
    RemoveCheckpoint("run/ckpt-1", *files).IgnoreError();
    files->ForEachPowerCut([](FaultFileSystem& after, const std::string&) {
      for (const std::string& line : Lines(after)) {
        EXPECT_EQ(line, "run/ckpt-1 1 1 ok");
      }
    });
  }
  files = written.AfterPowerCutLosingAll();
  ASSERT_TRUE(IsOk(RemoveCheckpoint("run/ckpt-1", *files, /*sync=*/false)));
  EXPECT_EQ(files->mutations().size(), 2u);
}

TEST(RemoveCheckpointTest, WhereASyncFailedTheNextTrySyncsFirst) {
  const auto files = std::make_unique<FaultFileSystem>();
  files->Put("run/ckpt-1.index", "");
  files->Put("run/ckpt-1.data-00000-of-00001", "");
  files->FailMutation(2, absl::UnavailableError("noise"));
  SpareFiles spares;
  EXPECT_TRUE(absl::IsUnavailable(
      RemoveCheckpoint("run/ckpt-1", *files, /*sync=*/true, &spares)));
  EXPECT_TRUE(
      IsOk(RemoveCheckpoint("run/ckpt-1", *files, /*sync=*/true, &spares)));
  const std::vector<std::string> operations = files->mutations();
  ASSERT_EQ(operations.size(), 4);
  EXPECT_EQ(operations[2], "SyncDirectory run");
  EXPECT_TRUE(absl::StartsWith(operations[3], "Rename run/ckpt-1.data-"));
}

TEST(RemoveCheckpointTest, ErrorsAreReturnedButNotThatAFileIsGone) {
  FaultFileSystem written;
  Put(written, "run/ckpt-1", 1);
  for (int number = 1; number <= 3; ++number) {
    const auto files = written.AfterKill();
    files->FailMutation(number, absl::PermissionDeniedError("no"));
    EXPECT_TRUE(
        absl::IsPermissionDenied(RemoveCheckpoint("run/ckpt-1", *files)));
  }
  for (const int removal : {1, 3}) {
    const auto files = written.AfterKill();
    files->FailMutation(removal, absl::NotFoundError("another was faster"));
    EXPECT_TRUE(IsOk(RemoveCheckpoint("run/ckpt-1", *files)));
  }
}

}  // namespace
}  // namespace cairn
