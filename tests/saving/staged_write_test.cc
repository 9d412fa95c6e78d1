#include "saving/staged_write.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status_macros.h"
#include "gtest/gtest.h"
#include "saving/spare_files.h"
#include "saving/temporary_name.h"
#include "tests/support/fault_file_system.h"

namespace cairn {
namespace {

using Repeat = FaultFileSystem::Repeat;

constexpr char kIndex[] = "run/ckpt.index";

absl::Span<const std::byte> Bytes(const std::string& text) {
  return absl::MakeSpan(reinterpret_cast<const std::byte*>(text.data()),
                        text.size());
}

absl::Status Write(StagedWrite& staged, const std::string& path,
                   const std::string& content) {
  CAIRN_ASSIGN_OR_RETURN(WritableFile* const file, staged.Create(path));
  const size_t half = content.size() / 2;
  CAIRN_RETURN_IF_ERROR(file->Append(Bytes(content.substr(0, half))));
  return file->Append(Bytes(content.substr(half)));
}

// A data file, and last an index that holds the data file's name and a copy of
// its content, as a checksum would be.
absl::Status WritePair(FileSystem& files, const std::string& data_name,
                       const std::string& content, bool sync = true) {
  StagedWrite staged(
      {.durability = sync ? Durability::kCommit : Durability::kNone,
       .files = &files});
  CAIRN_RETURN_IF_ERROR(Write(staged, JoinPath("run", data_name), content));
  CAIRN_RETURN_IF_ERROR(
      Write(staged, kIndex, absl::StrCat(data_name, "=", content)));
  return staged.Commit();
}

absl::Status WriteOne(FileSystem& files, const std::string& content) {
  StagedWrite staged({.files = &files});
  CAIRN_RETURN_IF_ERROR(Write(staged, kIndex, content));
  return staged.Commit();
}

// The content of the pair that is there, "none", or what is wrong with it.
std::string ReadPair(FileSystem& files) {
  const auto index = ReadFile(files, kIndex);
  if (absl::IsNotFound(index.status())) return "none";
  if (!index.ok()) return index.status().ToString();
  const std::vector<std::string> parts = absl::StrSplit(*index, '=');
  if (parts.size() != 2) return absl::StrCat("a damaged index: ", *index);
  const auto data = ReadFile(files, JoinPath("run", parts[0]));
  if (!data.ok()) return data.status().ToString();
  if (*data != parts[1]) return absl::StrCat("damaged data: ", *data);
  return *data;
}

std::string ReadOne(FileSystem& files) {
  const auto content = ReadFile(files, kIndex);
  if (absl::IsNotFound(content.status())) return "none";
  return content.ok() ? *content : content.status().ToString();
}

std::vector<std::string> TemporaryNames(const FaultFileSystem& files) {
  std::vector<std::string> names;
  for (const auto& [path, content] : files.Contents()) {
    if (IsTemporaryName(path)) names.push_back(BaseName(path));
  }
  return names;
}

// What is in the folder before the new files are written, and how they are
// written and read.
struct Case {
  const char* name;
  std::string before;
  absl::Status (*write)(FileSystem& files);
  std::string (*read)(FileSystem& files);
};

void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

std::vector<Case> Cases() {
  const auto write_pair = [](FileSystem& files) {
    return WritePair(files, "data-2", "new weights");
  };
  const auto write_one = [](FileSystem& files) {
    return WriteOne(files, "new weights");
  };
  return {{"APair", "none", write_pair, ReadPair},
          {"APairOverAnother", "old weights", write_pair, ReadPair},
          {"OneFile", "none", write_one, ReadOne},
          {"OneFileOverAnother", "old weights", write_one, ReadOne}};
}

class StagedWriteFaultTest : public ::testing::TestWithParam<Case> {
 protected:
  std::unique_ptr<FaultFileSystem> MakeFiles() const {
    auto files = std::make_unique<FaultFileSystem>();
    files->Put("run/notes.txt", "not ours");
    if (GetParam().before == "none") return files;
    if (GetParam().read == ReadPair) {
      files->Put("run/data-1", GetParam().before);
      files->Put(kIndex, absl::StrCat("data-1=", GetParam().before));
    } else {
      files->Put(kIndex, GetParam().before);
    }
    return files;
  }
  // What an undisturbed write does.
  std::vector<std::string> Mutations() const {
    const auto files = MakeFiles();
    EXPECT_EQ(GetParam().write(*files), absl::OkStatus());
    return files->mutations();
  }
  // The number of the one mutation after which the new files count.
  int CommitPoint() const {
    const std::vector<std::string> mutations = Mutations();
    const auto last = std::find_if(
        mutations.rbegin(), mutations.rend(), [](const std::string& mutation) {
          return absl::StartsWith(mutation, "Rename");
        });
    return static_cast<int>(mutations.rend() - last);
  }
  std::string Read(FileSystem& files) const { return GetParam().read(files); }

  // What a next program must be able to do with what it finds.
  void CheckRestart(FaultFileSystem& files) const {
    const std::string found = Read(files);
    const std::vector<std::string> leftovers = TemporaryNames(files);
    const auto removed = RemoveLeftovers(files, "run");
    ASSERT_TRUE(removed.ok()) << removed.status();
    EXPECT_EQ(*removed, leftovers);
    EXPECT_TRUE(TemporaryNames(files).empty());
    EXPECT_EQ(Read(files), found);
    EXPECT_EQ(files.Contents()["run/notes.txt"], "not ours");
    EXPECT_EQ(GetParam().write(files), absl::OkStatus());
    EXPECT_EQ(Read(files), "new weights");
    EXPECT_EQ(Read(*files.AfterPowerCutLosingAll()), "new weights");
  }
};

TEST_P(StagedWriteFaultTest, AnErrorLeavesTheOldOrTheNew) {
  const std::vector<std::string> mutations = Mutations();
  const int last = static_cast<int>(mutations.size());
  for (int number = 1; number <= last; ++number) {
    for (const Repeat repeat : {Repeat::kOnce, Repeat::kFromThenOn}) {
      for (const bool half_written : {false, true}) {
        SCOPED_TRACE(
            absl::StrCat("fails at ", number, ", ", mutations[number - 1]));
        const auto files = MakeFiles();
        files->FailMutation(number, absl::ResourceExhaustedError("full"),
                            repeat, half_written);
        const absl::Status status = GetParam().write(*files);
        EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
        const bool in_place = number > CommitPoint();
        EXPECT_EQ(Read(*files), in_place ? "new weights" : GetParam().before);
        EXPECT_EQ(absl::StrContains(status.message(), "is in place"), in_place)
            << status;
        if (repeat == Repeat::kOnce) {
          EXPECT_TRUE(TemporaryNames(*files).empty());
        }
        CheckRestart(*files->AfterKill());
      }
    }
  }
}

TEST_P(StagedWriteFaultTest, AKillLeavesTheOldOrTheNew) {
  const std::vector<std::string> mutations = Mutations();
  for (size_t number = 0; number <= mutations.size(); ++number) {
    SCOPED_TRACE(absl::StrCat("killed after ", number));
    const auto files = MakeFiles();
    files->StopAfter(static_cast<int>(number));
    EXPECT_EQ(GetParam().write(*files).ok(), number == mutations.size());
    const auto after = files->AfterKill();
    EXPECT_EQ(Read(*after), static_cast<int>(number) >= CommitPoint()
                                ? "new weights"
                                : GetParam().before);
    CheckRestart(*after);
  }
}

TEST_P(StagedWriteFaultTest, APowerCutLeavesTheOldOrTheNew) {
  const std::vector<std::string> mutations = Mutations();
  const int last = static_cast<int>(mutations.size());
  for (int number = 0; number <= last; ++number) {
    SCOPED_TRACE(absl::StrCat("power cut after ", number));
    const auto files = MakeFiles();
    files->StopAfter(number);
    EXPECT_EQ(GetParam().write(*files).ok(), number == last);
    bool old_seen = false, new_seen = false;
    files->ForEachPowerCut(
        [&](FaultFileSystem& after, const std::string& choices) {
          SCOPED_TRACE(choices);
          const std::string found = Read(after);
          EXPECT_TRUE(found == GetParam().before || found == "new weights")
              << found;
          (found == "new weights" ? new_seen : old_seen) = true;
          CheckRestart(after);
        });
    // Only between the commit point and the last sync is either possible.
    EXPECT_EQ(old_seen, number < last);
    EXPECT_EQ(new_seen, number >= CommitPoint());
  }
}

INSTANTIATE_TEST_SUITE_P(, StagedWriteFaultTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST(StagedWriteTest, StepsComeInTheOrderOfTheProtocol) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  ASSERT_EQ(WritePair(files, "data", "1234"), absl::OkStatus());
  const std::string data = absl::StrCat("run/data.tmp-", ::getpid());
  const std::string index = absl::StrCat("run/ckpt.index.tmp-", ::getpid());
  EXPECT_EQ(
      files.mutations(),
      (std::vector<std::string>{
          "NewWritableFile " + data, "Append " + data, "Append " + data,
          "NewWritableFile " + index, "Append " + index, "Append " + index,
          "Sync " + data, "Sync " + index, "Close " + data, "Close " + index,
          "Rename " + data + " run/data", "SyncDirectory run",
          "Rename " + index + " " + kIndex, "SyncDirectory run"}));
  EXPECT_EQ(files.reads(), 0);
}

TEST(StagedWriteTest, WhatIsReplacedIsKeptAndWrittenInto) {
  const auto write = [](FaultFileSystem& files, SpareFiles& spares,
                        const std::string& content) {
    StagedWrite staged({.spares = &spares, .files = &files});
    CAIRN_RETURN_IF_ERROR(Write(staged, kIndex, content));
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
  clean.Put(kIndex, "old");
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
      files.Put(kIndex, "old");
      files.FailMutation(number, absl::UnavailableError("noise"), Repeat::kOnce,
                         half);
      newest = "old";
      write_all(files, &newest);
      EXPECT_TRUE(ReadOne(files) == newest || ReadOne(files) == after(newest));
    }

    FaultFileSystem stopped;
    stopped.Put(kIndex, "old");
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
      files.Put(kIndex, "old");
      SpareFiles spares;
      StagedWrite staged({.spares = &spares, .files = &files});
      ASSERT_EQ(Write(staged, kIndex, "new"), absl::OkStatus());
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
  files.Put(kIndex, "old");
  SpareFiles spares;
  StagedWrite staged(
      {.durability = Durability::kNone, .spares = &spares, .files = &files});
  ASSERT_EQ(Write(staged, kIndex, "new"), absl::OkStatus());
  EXPECT_EQ(staged.Commit(), absl::OkStatus());
  EXPECT_EQ(ReadOne(files), "new");
  EXPECT_TRUE(TemporaryNames(files).empty());
}

TEST(StagedWriteTest, WithoutSyncAKillIsSafeAndAPowerCutIsNot) {
  std::vector<std::string> mutations;
  for (int number = 0;
       number == 0 || number <= static_cast<int>(mutations.size()); ++number) {
    FaultFileSystem files;
    files.Put("run/data-1", "old");
    files.Put(kIndex, "data-1=old");
    files.StopAfter(number);
    const absl::Status status = WritePair(files, "data-2", "new", false);
    const std::string found = ReadPair(*files.AfterKill());
    EXPECT_EQ(found, status.ok() ? "new" : "old") << "killed after " << number;
    mutations = files.mutations();
    if (!status.ok()) continue;
    for (const std::string& mutation : mutations) {
      EXPECT_FALSE(absl::StrContains(mutation, "Sync")) << mutation;
    }
    int damaged = 0;
    files.ForEachPowerCut([&](FaultFileSystem& after, const std::string&) {
      const std::string left = ReadPair(after);
      damaged += left != "old" && left != "new";
    });
    EXPECT_GT(damaged, 0);
    return;
  }
  FAIL() << "no write came to its end";
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
    files.Put(kIndex, "data-1=old");
    StagedWrite staged({.read_back = true, .files = &files});
    ASSERT_EQ(Write(staged, "run/data-2", "new"), absl::OkStatus());
    ASSERT_EQ(Write(staged, kIndex, "data-2=new"), absl::OkStatus());
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
  ASSERT_EQ(Write(staged, kIndex, "index"), absl::OkStatus());
  EXPECT_EQ(staged.Commit(), absl::OkStatus());
  EXPECT_TRUE(files.Contents()["run/large"] == large);
  EXPECT_GE(files.reads(), 5);
}

TEST(StagedWriteTest, AFileThatIsShorterThanWhatWasWrittenDoesNotCount) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  StagedWrite staged({.read_back = true, .files = &files});
  ASSERT_EQ(Write(staged, kIndex, "index"), absl::OkStatus());
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
  ASSERT_EQ(Write(staged, kIndex, content), absl::OkStatus());
  EXPECT_EQ(staged.Commit(), absl::OkStatus());
  EXPECT_EQ(ReadOne(files), content);
}

TEST(StagedWriteTest, WhatIsNotCommittedIsRemoved) {
  FaultFileSystem files;
  files.Put(kIndex, "old");
  {
    StagedWrite staged({.files = &files});
    ASSERT_EQ(Write(staged, "run/data", "1234"), absl::OkStatus());
    ASSERT_EQ(Write(staged, kIndex, "new"), absl::OkStatus());
    EXPECT_EQ(TemporaryNames(files).size(), 2u);
  }
  EXPECT_EQ(files.Contents(),
            (std::map<std::string, std::string>{{kIndex, "old"}}));
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
