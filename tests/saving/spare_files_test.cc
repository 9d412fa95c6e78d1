#include "saving/spare_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/temporary_name.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr char kFirstData[] = "run/ckpt-1.data-00000-of-00001";
constexpr char kSecondData[] = "run/ckpt-2.data-00000-of-00001";

absl::Span<const std::byte> Bytes(const std::string& text) {
  return absl::MakeSpan(reinterpret_cast<const std::byte*>(text.data()),
                        text.size());
}

std::vector<std::string> NamesIn(FaultFileSystem& files) {
  std::vector<std::string> names;
  for (const auto& [path, content] : files.Contents()) names.push_back(path);
  return names;
}

TEST(SpareFilesTest, OneOfEachKindIsKeptUntilTheEnd) {
  FaultFileSystem files;
  for (const char* path :
       {kFirstData, kSecondData, "run/ckpt-1.index", "run/ckpt-2.index"}) {
    files.Put(path, path);
  }
  {
    SpareFiles spares;
    for (const auto& path : NamesIn(files)) {
      EXPECT_TRUE(IsOk(spares.Retire(files, path)));
    }
    const std::vector<std::string> names = NamesIn(files);
    ASSERT_EQ(names.size(), 2);
    for (const std::string& name : names) {
      EXPECT_TRUE(IsTemporaryName(name)) << name;
    }
  }
  EXPECT_EQ(NamesIn(files), std::vector<std::string>{});
}

TEST(SpareFilesTest, WhatIsTakenIsOfTheKindAndIsTakenOnce) {
  FaultFileSystem files;
  files.Put(kFirstData, "old");
  SpareFiles spares;
  ASSERT_TRUE(IsOk(spares.Retire(files, kFirstData)));
  EXPECT_EQ(spares.Take(files, "run/ckpt-2.index.tmp-7"), nullptr);
  const std::string path = absl::StrCat(kSecondData, ".tmp-7");
  const auto file = spares.Take(files, path);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(NamesIn(files), std::vector<std::string>{path});
  EXPECT_TRUE(IsOk(file->Append(Bytes("new"))));
  EXPECT_TRUE(IsOk(file->Close()));
  EXPECT_EQ(files.Contents()[path], "new");
  EXPECT_EQ(spares.Take(files, path), nullptr);
}

TEST(SpareFilesTest, WhatIsNotThereIsNotFound) {
  FaultFileSystem files;
  files.Put("run/other", "");
  SpareFiles spares;
  EXPECT_TRUE(absl::IsNotFound(spares.Retire(files, kFirstData)));
  EXPECT_EQ(spares.Take(files, kFirstData), nullptr);
  EXPECT_TRUE(absl::IsNotFound(Retire(&spares, files, kFirstData)));
  EXPECT_TRUE(absl::IsNotFound(Retire(nullptr, files, kFirstData)));
}

TEST(SpareFilesTest, WhereItCannotBeKeptItIsRemoved) {
  FaultFileSystem files;
  files.Put(kFirstData, "old");
  files.FailMutation(1, absl::UnavailableError("noise"));
  SpareFiles spares;
  EXPECT_TRUE(IsOk(spares.Retire(files, kFirstData)));
  EXPECT_EQ(NamesIn(files), std::vector<std::string>{});
  EXPECT_EQ(spares.Take(files, kSecondData), nullptr);
}

TEST(SpareFilesTest, WhatCannotBeTakenIsGone) {
  for (const int failing : {2, 3}) {
    FaultFileSystem files;
    files.Put(kFirstData, "old");
    SpareFiles spares;
    ASSERT_TRUE(IsOk(spares.Retire(files, kFirstData)));
    files.FailMutation(failing, absl::UnavailableError("noise"));
    EXPECT_EQ(spares.Take(files, kSecondData), nullptr);
    EXPECT_EQ(NamesIn(files), std::vector<std::string>{});
  }
  FaultFileSystem files, others;
  files.Put(kFirstData, "old");
  others.Put("run/other", "");
  SpareFiles spares;
  ASSERT_TRUE(IsOk(spares.Retire(files, kFirstData)));
  EXPECT_EQ(spares.Take(others, kSecondData), nullptr);
  EXPECT_EQ(NamesIn(files), std::vector<std::string>{});
}

TEST(SpareFilesTest, ALockGoesFromNameToName) {
  FaultFileSystem files;
  SpareFiles spares;
  CAIRN_ASSERT_OK_AND_ASSIGN(auto lock, spares.Lock(files, "first"));
  spares.Unlock(files, "first", std::move(lock));
  EXPECT_TRUE(IsOk(files.Lock("first")));
  {
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto others, files.Lock("second"));
    EXPECT_TRUE(
        absl::IsFailedPrecondition(spares.Lock(files, "second").status()));
  }
  CAIRN_ASSERT_OK_AND_ASSIGN(lock, spares.Lock(files, "second"));
  spares.Unlock(files, "second", std::move(lock));
  CAIRN_ASSERT_OK_AND_ASSIGN(lock, spares.Lock(files, "third"));
  EXPECT_TRUE(absl::IsFailedPrecondition(files.Lock("third").status()));
  // Two of one kind are not kept.
  CAIRN_ASSERT_OK_AND_ASSIGN(auto second, spares.Lock(files, "fourth"));
  spares.Unlock(files, "third", std::move(lock));
  spares.Unlock(files, "fourth", std::move(second));
  EXPECT_TRUE(IsOk(files.Lock("fourth")));
  EXPECT_TRUE(IsOk(files.Lock("third")));
}

// The file of a lock of the machine's own.
TEST(SpareFilesTest, OneFileServesOneLockAfterAnother) {
  FileSystem& files = FileSystem::Default();
  const std::string folder = JoinPath(::testing::TempDir(), "spare_locks");
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(IsOk(files.CreateDirectories(folder)));
  const auto in = [&](const std::string& name) {
    return JoinPath(folder, name);
  };
  using Names = std::vector<std::string>;
  {
    SpareFiles spares;
    CAIRN_ASSERT_OK_AND_ASSIGN(auto lock, spares.Lock(files, in("first")));
    EXPECT_EQ(*files.List(folder), Names{"first"});
    const bool may_move =
        lock->MoveTo(in("moved")) && lock->MoveTo(in("first"));
    spares.Unlock(files, in("first"), std::move(lock));
    const Names kept = *files.List(folder);
    ASSERT_EQ(kept.size(), may_move ? 1u : 0u);
    EXPECT_TRUE(!may_move || IsTemporaryName(kept[0]));
    CAIRN_ASSERT_OK_AND_ASSIGN(lock, spares.Lock(files, in("second")));
    EXPECT_EQ(*files.List(folder), Names{"second"});
    EXPECT_TRUE(absl::IsFailedPrecondition(files.Lock(in("second")).status()));
    spares.Unlock(files, in("second"), std::move(lock));

    // What a program that was killed has left there is no lock.
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto left,
                               files.NewWritableFile(in("third")));
    CAIRN_ASSERT_OK_AND_ASSIGN(lock, spares.Lock(files, in("third")));
    EXPECT_TRUE(absl::IsFailedPrecondition(files.Lock(in("third")).status()));
    spares.Unlock(files, in("third"), std::move(lock));

    // Somebody clears the folder.
    const Names lying = *files.List(folder);
    for (const std::string& name : lying) {
      ASSERT_TRUE(IsOk(files.Remove(in(name))));
    }
    CAIRN_ASSERT_OK_AND_ASSIGN(lock, spares.Lock(files, in("fourth")));
    EXPECT_EQ(*files.List(folder), Names{"fourth"});
  }
  EXPECT_EQ(*files.List(folder), Names{});
}

// The room of a file of the machine's own, and who has it open.
TEST(SpareFilesTest, WhoReadsWhatIsRetiredGoesOnReadingIt) {
  FileSystem& files = FileSystem::Default();
  const std::string folder = JoinPath(::testing::TempDir(), "spare_files");
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(IsOk(files.CreateDirectories(folder)));
  const std::string first = JoinPath(folder, "a.data-0"),
                    second = JoinPath(folder, "b.data-0");
  const std::string probe = JoinPath(folder, "probe");
  CAIRN_ASSERT_OK_AND_ASSIGN(auto probed, files.NewWritableFile(probe));
  ASSERT_TRUE(IsOk(probed->Close()));
  const bool may_reuse = files.ReuseFile(probe).ok();
  for (const bool is_open : {false, true}) {
    CAIRN_ASSERT_OK_AND_ASSIGN(auto old, files.NewWritableFile(first));
    ASSERT_TRUE(IsOk(old->Append(Bytes("old"))));
    ASSERT_TRUE(IsOk(old->Close()));
    struct stat before = {}, after = {};
    ASSERT_EQ(::stat(first.c_str(), &before), 0);
    CAIRN_ASSERT_OK_AND_ASSIGN(auto reader, files.NewRandomAccessFile(first));
    if (!is_open) reader = nullptr;
    SpareFiles spares;
    ASSERT_TRUE(IsOk(spares.Retire(files, first)));
    const auto file = spares.Take(files, second);
    const bool is_taken = may_reuse && !is_open;
    EXPECT_EQ(file != nullptr, is_taken);
    EXPECT_EQ(*files.Exists(second), is_taken);
    EXPECT_FALSE(*files.Exists(first));
    if (is_open) {
      std::string read(3, ' ');
      EXPECT_TRUE(IsOk(reader->Read(
          0, {reinterpret_cast<std::byte*>(read.data()), read.size()})));
      EXPECT_EQ(read, "old");
    } else if (is_taken) {
      ASSERT_EQ(::stat(second.c_str(), &after), 0);
      EXPECT_EQ(after.st_ino, before.st_ino);
    }
  }
}

}  // namespace
}  // namespace cairn
