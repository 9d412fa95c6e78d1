#include "saving/staged_write.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "gtest/gtest.h"
#include "saving/spare_files.h"
#include "saving/temporary_name.h"
#include "tests/saving/staged_files.h"
#include "tests/support/fault_file_system.h"

namespace cairn {
namespace {

using Repeat = FaultFileSystem::Repeat;

TEST(StagedWriteTest, StepsComeInTheOrderOfTheProtocol) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  ASSERT_EQ(WritePair(files, "data", "1234"), absl::OkStatus());
  const std::string data = TemporaryName::Take(files, "run/data").path();
  const std::string index = TemporaryName::Take(files, kStagedIndex).path();
  EXPECT_EQ(
      files.mutations(),
      (std::vector<std::string>{
          "NewWritableFile " + data, "Append " + data, "Append " + data,
          "NewWritableFile " + index, "Append " + index, "Append " + index,
          "Sync " + data, "Sync " + index, "Close " + data, "Close " + index,
          "Rename " + data + " run/data", "SyncDirectory run",
          "Rename " + index + " " + kStagedIndex, "SyncDirectory run"}));
  EXPECT_EQ(files.reads(), 0);
}

TEST(StagedWriteTest, WhatIsReplacedIsKeptAndWrittenInto) {
  const auto write = [](FaultFileSystem& files, SpareFiles& spares,
                        const std::string& content) {
    StagedWrite staged({.spares = &spares, .files = &files});
    CAIRN_RETURN_IF_ERROR(Write(staged, kStagedIndex, content));
    return staged.Commit();
  };
  // Three writes, and which of them was acknowledged last.
  const auto write_all = [&](FaultFileSystem& files, std::string* newest) {
    SpareFiles spares;
    for (const std::string content : {"first", "second", "third"}) {
      if (write(files, spares, content).ok()) *newest = content;
      EXPECT_LE(TemporaryNames(files).size(), 1);
    }
  };
  const auto after = [](const std::string& content) {
    return content == "old" ? "first" : content == "first" ? "second" : "third";
  };
  FaultFileSystem clean;
  clean.Put(kStagedIndex, "old");
  std::string newest;
  write_all(clean, &newest);
  EXPECT_EQ(newest, "third");
  EXPECT_TRUE(TemporaryNames(clean).empty());
  int made = 0, reused = 0, exchanged = 0;
  const std::vector<std::string> mutations = clean.mutations();
  for (const std::string& mutation : mutations) {
    made += absl::StartsWith(mutation, "NewWritableFile");
    reused += absl::StartsWith(mutation, "ReuseFile");
    exchanged += absl::StartsWith(mutation, "Exchange");
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(reused, 2);
  EXPECT_EQ(exchanged, 3);

  for (int number = 1; number <= static_cast<int>(mutations.size()); ++number) {
    SCOPED_TRACE(absl::StrCat("fails: ", mutations[number - 1]));
    for (const bool half : {false, true}) {
      FaultFileSystem files;
      files.Put(kStagedIndex, "old");
      files.FailMutation(number, absl::UnavailableError("noise"), Repeat::kOnce,
                         half);
      newest = "old";
      write_all(files, &newest);
      EXPECT_TRUE(ReadOne(files) == newest || ReadOne(files) == after(newest));
    }

    FaultFileSystem stopped;
    stopped.Put(kStagedIndex, "old");
    stopped.StopAfter(number);
    newest = "old";
    write_all(stopped, &newest);
    stopped.ForEachPowerCut([&](FaultFileSystem& left, const std::string&) {
      const std::string found = ReadOne(left);
      EXPECT_TRUE(found == newest || found == after(newest)) << found;
      EXPECT_TRUE(RemoveLeftovers(left, "run").ok());
      EXPECT_EQ(ReadOne(left), found);
    });
  }
}

// Only then is it certain that nothing was done.
TEST(StagedWriteTest, WhereNamesCannotBeExchangedTheNewOneTakesItsPlace) {
  for (const absl::Status& refusal :
       {absl::UnimplementedError("no"), absl::NotFoundError("none"),
        absl::InternalError("who knows")}) {
    for (const bool done : {false, true}) {
      const bool is_certain = !absl::IsInternal(refusal);
      if (is_certain && done) continue;
      FaultFileSystem files;
      files.Put(kStagedIndex, "old");
      SpareFiles spares;
      StagedWrite staged({.spares = &spares, .files = &files});
      ASSERT_EQ(Write(staged, kStagedIndex, "new"), absl::OkStatus());
      const int next = static_cast<int>(files.mutations().size()) + 3;
      files.FailMutation(next, refusal, Repeat::kOnce, done);
      EXPECT_EQ(staged.Commit().ok(), is_certain);
      EXPECT_TRUE(absl::StartsWith(files.mutations()[next - 1], "Exchange"));
      EXPECT_EQ(ReadOne(files), is_certain || done ? "new" : "old");
      EXPECT_TRUE(TemporaryNames(files).empty());
    }
  }
}

TEST(StagedWriteTest, WithoutSyncNothingIsKept) {
  FaultFileSystem files;
  files.Put(kStagedIndex, "old");
  SpareFiles spares;
  StagedWrite staged(
      {.durability = Durability::kNone, .spares = &spares, .files = &files});
  ASSERT_EQ(Write(staged, kStagedIndex, "new"), absl::OkStatus());
  EXPECT_EQ(staged.Commit(), absl::OkStatus());
  EXPECT_EQ(ReadOne(files), "new");
  EXPECT_TRUE(TemporaryNames(files).empty());
}

// A disk that damages what it is given: in a file whose path has `part`, the
// last bit of the first bytes.
class DamagingFileSystem : public FaultFileSystem {
 public:
  explicit DamagingFileSystem(std::string part) : part_(std::move(part)) {}

  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(
      const std::string& path) override {
    CAIRN_ASSIGN_OR_RETURN(auto file, FaultFileSystem::NewWritableFile(path));
    if (!absl::StrContains(path, part_)) return file;
    return std::make_unique<Damaging>(std::move(file));
  }

 private:
  class Damaging : public WritableFile {
   public:
    explicit Damaging(std::unique_ptr<WritableFile> file)
        : file_(std::move(file)) {}
    absl::Status Append(absl::Span<const std::byte> bytes) override {
      std::vector<std::byte> damaged(bytes.begin(), bytes.end());
      if (!damaged.empty()) damaged.back() ^= std::byte{1};
      return file_->Append(damaged);
    }
    absl::Status Sync() override { return file_->Sync(); }
    absl::Status Close() override { return file_->Close(); }
    absl::Status Reserve(int64_t bytes) override {
      return file_->Reserve(bytes);
    }

   private:
    const std::unique_ptr<WritableFile> file_;
  };

  const std::string part_;
};

TEST(StagedWriteTest, WhatIsReadBackWrongDoesNotCount) {
  for (const char* part : {"data-2", "index"}) {
    SCOPED_TRACE(part);
    DamagingFileSystem files(part);
    files.Put("run/data-1", "old");
    files.Put(kStagedIndex, "data-1=old");
    StagedWrite staged({.read_back = true, .files = &files});
    ASSERT_EQ(Write(staged, "run/data-2", "new"), absl::OkStatus());
    ASSERT_EQ(Write(staged, kStagedIndex, "data-2=new"), absl::OkStatus());
    const absl::Status status = staged.Commit();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), part)) << status;
    EXPECT_FALSE(staged.in_place());
    EXPECT_EQ(ReadPair(files), "old");
    EXPECT_TRUE(TemporaryNames(files).empty());
  }
}

TEST(StagedWriteTest, WhatIsReadBackRightCounts) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  // More than is read at once, and an empty file.
  const std::string large((5 << 20) / 2, 'x');
  StagedWrite staged({.read_back = true, .files = &files});
  ASSERT_EQ(Write(staged, "run/large", large), absl::OkStatus());
  ASSERT_EQ(Write(staged, "run/empty", ""), absl::OkStatus());
  ASSERT_EQ(Write(staged, kStagedIndex, "index"), absl::OkStatus());
  EXPECT_EQ(staged.Commit(), absl::OkStatus());
  EXPECT_TRUE(files.Contents()["run/large"] == large);
  EXPECT_GE(files.reads(), 5);
}

TEST(StagedWriteTest, AFileThatIsShorterThanWhatWasWrittenDoesNotCount) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  StagedWrite staged({.read_back = true, .files = &files});
  ASSERT_EQ(Write(staged, kStagedIndex, "index"), absl::OkStatus());
  const std::string temporary = TemporaryNames(files)[0];
  files.Put(JoinPath("run", temporary), "ind");
  EXPECT_TRUE(absl::IsDataLoss(staged.Commit()));
  EXPECT_EQ(ReadOne(files), "none");
}

TEST(StagedWriteTest, WhatIsPacedIsTheSame) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  const std::string content(10'000, 'x');
  StagedWrite staged({.bytes_per_second = 1 << 30, .files = &files});
  ASSERT_EQ(Write(staged, kStagedIndex, content), absl::OkStatus());
  EXPECT_EQ(staged.Commit(), absl::OkStatus());
  EXPECT_EQ(ReadOne(files), content);
}

TEST(StagedWriteTest, WhatIsNotCommittedIsRemoved) {
  FaultFileSystem files;
  files.Put(kStagedIndex, "old");
  {
    StagedWrite staged({.files = &files});
    ASSERT_EQ(Write(staged, "run/data", "1234"), absl::OkStatus());
    ASSERT_EQ(Write(staged, kStagedIndex, "new"), absl::OkStatus());
    EXPECT_EQ(TemporaryNames(files).size(), 2u);
  }
  EXPECT_EQ(files.Contents(),
            (std::map<std::string, std::string>{{kStagedIndex, "old"}}));
}

TEST(StagedWriteTest, TwoAtOnceDoNotShareATemporaryFile) {
  FaultFileSystem files;
  StagedWrite first({.files = &files}), second({.files = &files});
  ASSERT_EQ(Write(first, "index", "of the first"), absl::OkStatus());
  ASSERT_EQ(Write(second, "index", "of the second"), absl::OkStatus());
  const std::vector<std::string> names = TemporaryNames(files);
  EXPECT_EQ(names.size(), 2u);
  for (const std::string& name : names) EXPECT_TRUE(IsTemporaryName(name));
  ASSERT_EQ(second.Commit(), absl::OkStatus());
  EXPECT_EQ(files.Contents()["index"], "of the second");
  ASSERT_EQ(first.Commit(), absl::OkStatus());
  EXPECT_EQ(files.Contents(),
            (std::map<std::string, std::string>{{"index", "of the first"}}));
}

TEST(StagedWriteTest, AFailedCommitRemovesWhatItWroteAtOnce) {
  FaultFileSystem files;
  StagedWrite staged({.files = &files});
  ASSERT_EQ(Write(staged, "data", "1234"), absl::OkStatus());
  ASSERT_EQ(Write(staged, "index", "new"), absl::OkStatus());
  const int next = static_cast<int>(files.mutations().size()) + 1;
  files.FailMutation(next, absl::ResourceExhaustedError("full"));
  EXPECT_TRUE(absl::IsResourceExhausted(staged.Commit()));
  EXPECT_TRUE(files.Contents().empty());
}

TEST(StagedWriteTest, AFileWithoutAFolderPartLiesInTheCurrentOne) {
  FaultFileSystem files;
  StagedWrite staged({.files = &files});
  ASSERT_EQ(Write(staged, "model.h5", "1234"), absl::OkStatus());
  EXPECT_EQ(staged.Commit(), absl::OkStatus());
  EXPECT_EQ(files.AfterPowerCutLosingAll()->Contents(),
            (std::map<std::string, std::string>{{"model.h5", "1234"}}));
}

TEST(StagedWriteTest, AMissingFolderIsNotFoundAndNamed) {
  StagedWrite staged({});
  const absl::Status status = staged.Create("absent/model.h5").status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "absent/model.h5")) << status;
}

}  // namespace
}  // namespace cairn
