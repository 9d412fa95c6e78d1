#include "tests/support/fault_file_system.h"

#include <stdlib.h>

#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

using Files = std::map<std::string, std::string>;

absl::Span<const std::byte> Bytes(const std::string& text) {
  return absl::MakeSpan(reinterpret_cast<const std::byte*>(text.data()),
                        text.size());
}

std::set<Files> AfterEveryPowerCut(const FaultFileSystem& files) {
  std::set<Files> found;
  files.ForEachPowerCut([&](FaultFileSystem& after, const std::string&) {
    found.insert(after.Contents());
  });
  return found;
}

TEST(FaultFileSystemTest, UnsyncedContentMayBeLostOrCutOrHaveHoles) {
  FaultFileSystem files;
  files.Put("a", "");
  auto file = *files.NewWritableFile("a");
  EXPECT_EQ(file->Append(Bytes("ab")), absl::OkStatus());
  EXPECT_EQ(file->Sync(), absl::OkStatus());
  EXPECT_EQ(file->Append(Bytes("cdef")), absl::OkStatus());
  const auto zeros = [](int count) { return std::string(count, '\0'); };
  EXPECT_EQ(AfterEveryPowerCut(files),
            (std::set<Files>{{{"a", "ab"}},
                             {{"a", "abcd"}},
                             {{"a", "ab" + zeros(4)}},
                             {{"a", "ab" + zeros(2) + "ef"}},
                             {{"a", "abcdef"}}}));
  EXPECT_EQ(file->Sync(), absl::OkStatus());
  EXPECT_EQ(AfterEveryPowerCut(files),
            (std::set<Files>{Files{{"a", "abcdef"}}}));
}

TEST(FaultFileSystemTest, AFileEmptiedAnewMayStillBeOld) {
  FaultFileSystem files;
  files.Put("a", "old");
  auto file = *files.NewWritableFile("a");
  EXPECT_EQ(file->Append(Bytes("newer!")), absl::OkStatus());
  const auto zeros = [](int count) { return std::string(count, '\0'); };
  EXPECT_EQ(AfterEveryPowerCut(files),
            (std::set<Files>{{{"a", "old"}},
                             {{"a", ""}},
                             {{"a", "new"}},
                             {{"a", zeros(6)}},
                             {{"a", zeros(3) + "er!"}},
                             {{"a", "newer!"}}}));
}

TEST(FaultFileSystemTest, OfManyStatesThoseOfTwoThingsAreTried) {
  FaultFileSystem files;
  for (int i = 0; i < 12; ++i) {
    ASSERT_EQ(files.NewWritableFile(absl::StrCat("f", i)).status(),
              absl::OkStatus());
  }
  const std::set<Files> found = AfterEveryPowerCut(files);
  std::map<size_t, int> by_count;
  for (const Files& left : found) ++by_count[left.size()];
  EXPECT_EQ(by_count,
            (std::map<size_t, int>{
                {0, 1}, {1, 12}, {2, 66}, {10, 66}, {11, 12}, {12, 1}}));
}

TEST(FaultFileSystemTest, ANameLastsOnceItsFolderIsSynced) {
  FaultFileSystem files;
  ASSERT_EQ(files.CreateDirectories("run"), absl::OkStatus());
  auto file = *files.NewWritableFile("run/a");
  EXPECT_EQ(file->Append(Bytes("x")), absl::OkStatus());
  EXPECT_EQ(file->Sync(), absl::OkStatus());
  EXPECT_EQ(files.SyncDirectory("."), absl::OkStatus());
  EXPECT_EQ(files.AfterPowerCutLosingAll()->Contents(), Files{});
  EXPECT_EQ(files.SyncDirectory("./run/"), absl::OkStatus());
  EXPECT_EQ(files.AfterPowerCutLosingAll()->Contents(),
            (Files{{"run/a", "x"}}));
  EXPECT_TRUE(files.PowerCutStates().empty());
}

TEST(FaultFileSystemTest, ARenameAndARemovalLastLater) {
  FaultFileSystem files;
  files.Put("a", "1");
  files.Put("b", "2");
  ASSERT_EQ(files.Rename("a", "b"), absl::OkStatus());
  EXPECT_EQ(AfterEveryPowerCut(files),
            (std::set<Files>{{{"a", "1"}, {"b", "2"}},
                             {{"b", "2"}},
                             {{"a", "1"}, {"b", "1"}},
                             {{"b", "1"}}}));
  ASSERT_EQ(files.SyncDirectory("."), absl::OkStatus());
  ASSERT_EQ(files.Remove("b"), absl::OkStatus());
  EXPECT_EQ(AfterEveryPowerCut(files),
            (std::set<Files>{Files{{"b", "1"}}, Files{}}));
  EXPECT_EQ(files.AfterPowerCutKeepingAll()->Contents(), Files{});
}

TEST(FaultFileSystemTest, OfAnExchangeEachNameLastsOnItsOwn) {
  FaultFileSystem files;
  files.Put("a", "1");
  files.Put("b", "2");
  EXPECT_TRUE(absl::IsNotFound(files.Exchange("a", "c")));
  ASSERT_EQ(files.Exchange("a", "b"), absl::OkStatus());
  EXPECT_EQ(AfterEveryPowerCut(files),
            (std::set<Files>{{{"a", "1"}, {"b", "2"}},
                             {{"a", "2"}, {"b", "2"}},
                             {{"a", "1"}, {"b", "1"}},
                             {{"a", "2"}, {"b", "1"}}}));
  ASSERT_EQ(files.SyncDirectory("."), absl::OkStatus());
  EXPECT_EQ(files.AfterPowerCutLosingAll()->Contents(),
            (Files{{"a", "2"}, {"b", "1"}}));
}

TEST(FaultFileSystemTest, AnExchangeThatFailsMayBeDoneAllTheSame) {
  for (const bool half_written : {false, true}) {
    FaultFileSystem files;
    files.Put("a", "1");
    files.Put("b", "2");
    files.FailMutation(1, absl::UnavailableError("noise"),
                       FaultFileSystem::Repeat::kOnce, half_written);
    EXPECT_TRUE(absl::IsUnavailable(files.Exchange("a", "b")));
    EXPECT_EQ(files.Contents()["a"], half_written ? "2" : "1");
    EXPECT_EQ(files.Contents()["b"], half_written ? "1" : "2");
  }
}

TEST(FaultFileSystemTest, AKillKeepsAllAndLeavesItUnsynced) {
  FaultFileSystem files;
  auto file = *files.NewWritableFile("a");
  EXPECT_EQ(file->Append(Bytes("x")), absl::OkStatus());
  const auto after = files.AfterKill();
  EXPECT_EQ(after->Contents(), (Files{{"a", "x"}}));
  EXPECT_TRUE(after->mutations().empty());
  EXPECT_EQ(after->AfterPowerCutLosingAll()->Contents(), Files{});
}

TEST(FaultFileSystemTest, FailsOnceOrFromThenOn) {
  for (const auto repeat :
       {FaultFileSystem::Repeat::kOnce, FaultFileSystem::Repeat::kFromThenOn}) {
    const bool on = repeat == FaultFileSystem::Repeat::kFromThenOn;
    FaultFileSystem files;
    files.FailMutation(2, absl::ResourceExhaustedError("full"), repeat, true);
    files.FailRead(2, absl::PermissionDeniedError("no"), repeat);
    auto file = *files.NewWritableFile("a");
    EXPECT_TRUE(absl::IsResourceExhausted(file->Append(Bytes("1234"))));
    EXPECT_EQ(files.Contents()["a"], "12");
    EXPECT_EQ(file->Append(Bytes("56")).ok(), !on);
    EXPECT_EQ(files.Contents()["a"], on ? "125" : "1256");
    EXPECT_EQ(files.mutations(),
              (std::vector<std::string>{"NewWritableFile a", "Append a",
                                        "Append a"}));
    EXPECT_TRUE(*files.Exists("a"));
    EXPECT_TRUE(absl::IsPermissionDenied(files.List(".").status()));
    EXPECT_EQ(files.Exists("a").ok(), !on);
    EXPECT_EQ(files.reads(), 3);
  }
}

TEST(FaultFileSystemTest, NothingHappensAfterTheStop) {
  FaultFileSystem files;
  files.StopAfter(1);
  EXPECT_TRUE(*files.Exists("."));
  auto file = *files.NewWritableFile("a");
  EXPECT_FALSE(file->Append(Bytes("1234")).ok());
  EXPECT_FALSE(file->Sync().ok());
  EXPECT_FALSE(files.Remove("a").ok());
  EXPECT_FALSE(files.List(".").ok());
  EXPECT_EQ(files.Contents(), (Files{{"a", ""}}));
  EXPECT_TRUE(files.AfterKill()->List(".").ok());
}

// Each call's code and what it returns, for a script that uses them all.
std::vector<std::string> RunScript(FileSystem& files, const std::string& root) {
  std::vector<std::string> log;
  const auto note = [&](const absl::Status& status) {
    log.push_back(absl::StatusCodeToString(status.code()));
  };
  const auto in = [&](const std::string& name) { return JoinPath(root, name); };
  const auto write = [&](const std::string& name, const std::string& content) {
    auto file = files.NewWritableFile(in(name));
    note(file.status());
    if (!file.ok()) return;
    note((*file)->Append(Bytes(content)));
    note((*file)->Sync());
    note((*file)->Close());
  };
  const auto read = [&](const std::string& name, int64_t limit) {
    const auto content = ReadFile(files, in(name), limit);
    note(content.status());
    if (content.ok()) log.push_back(*content);
  };
  const auto list = [&](const std::string& name) {
    const auto names = files.List(in(name));
    note(names.status());
    if (!names.ok()) return;
    for (const std::string& found : *names) log.push_back(found);
  };
  note(files.CreateDirectories(in("x/y")));
  note(files.CreateDirectories(in("x/y/")));
  write("x/b", "bee");
  write("x/b", "be");
  write("x/a", "");
  write("absent/a", "lost");
  write("x", "a folder");
  note(files.CreateDirectories(in("x/a")));
  note(files.CreateDirectories(in("x/a/below")));
  read("x/b", 2);
  read("x/b", 1);
  read("x/y", 1);
  read("x/none", 1);
  list("x");
  list("none");
  list("x/a");
  note(files.Rename(in("x/b"), in("x/a")));
  note(files.Rename(in("x/b"), in("x/a")));
  note(files.Rename(in("x/a"), in("x/a")));
  note(files.Rename(in("x/a"), in("absent/a")));
  note(files.Rename(in("x/a"), in("x/y")));
  read("x/a", 10);
  note(files.Remove(in("x/y")));
  note(files.Remove(in("x/none")));
  note(files.Remove(in("x/a")));
  note(files.SyncDirectory(in("x")));
  note(files.SyncDirectory(in("none")));
  list("x");
  for (const char* name : {"x", "x/y", "x/a", "x/b/c"}) {
    log.push_back(absl::StrCat(name, " ", *files.Exists(in(name))));
  }
  return log;
}

TEST(FaultFileSystemTest, BehavesAsTheOperatingSystem) {
  std::string root = JoinPath(::testing::TempDir(), "fault_XXXXXX");
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  FaultFileSystem files;
  EXPECT_EQ(RunScript(files, "."), RunScript(FileSystem::Default(), root));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace cairn
