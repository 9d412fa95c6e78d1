#include "core/io/file_system.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

absl::Span<const std::byte> Bytes(const std::string& text) {
  return absl::MakeSpan(reinterpret_cast<const std::byte*>(text.data()),
                        text.size());
}

class FileSystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = JoinPath(::testing::TempDir(), "file_system_XXXXXX");
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string In(const std::string& name) const {
    return JoinPath(folder_, name);
  }
  absl::Status Write(const std::string& path, const std::string& content) {
    CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                           files_.NewWritableFile(path));
    CAIRN_RETURN_IF_ERROR(file->Append(Bytes(content)));
    CAIRN_RETURN_IF_ERROR(file->Sync());
    return file->Close();
  }

  FileSystem& files_ = FileSystem::Default();
  std::string folder_;
};

TEST_F(FileSystemTest, WhatIsAppendedIsReadBackFromAnyPlace) {
  auto file = files_.NewWritableFile(In("a"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->Append(Bytes("abc")), absl::OkStatus());
  EXPECT_EQ((*file)->Append({}), absl::OkStatus());
  EXPECT_EQ((*file)->Append(Bytes("defg")), absl::OkStatus());
  EXPECT_EQ(*ReadFile(files_, In("a")), "abcdefg") << "something was buffered";
  EXPECT_EQ((*file)->Sync(), absl::OkStatus());
  EXPECT_EQ((*file)->Close(), absl::OkStatus());

  auto reader = files_.NewRandomAccessFile(In("a"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->size(), 7);
  std::string middle(3, ' ');
  EXPECT_EQ(
      (*reader)->Read(2, {reinterpret_cast<std::byte*>(middle.data()), 3}),
      absl::OkStatus());
  EXPECT_EQ(middle, "cde");
  EXPECT_EQ((*reader)->Read(7, {}), absl::OkStatus());
}

TEST_F(FileSystemTest, WritingAnewEmptiesTheFile) {
  ASSERT_EQ(Write(In("a"), "long content"), absl::OkStatus());
  ASSERT_EQ(Write(In("a"), "short"), absl::OkStatus());
  EXPECT_EQ(*ReadFile(files_, In("a")), "short");
}

TEST_F(FileSystemTest, ReadingPastTheEndIsDataLossWithPathAndOffset) {
  ASSERT_EQ(Write(In("a"), "0123456789"), absl::OkStatus());
  auto reader = files_.NewRandomAccessFile(In("a"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::vector<std::byte> bytes(4);
  EXPECT_EQ((*reader)->Read(6, absl::MakeSpan(bytes)), absl::OkStatus());
  for (const int64_t offset : {int64_t{7}, int64_t{10}, int64_t{11},
                               int64_t{-1}, std::numeric_limits<int64_t>::max(),
                               std::numeric_limits<int64_t>::min()}) {
    const absl::Status status = (*reader)->Read(offset, absl::MakeSpan(bytes));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << offset;
    EXPECT_TRUE(absl::StrContains(status.message(), In("a"))) << status;
    EXPECT_TRUE(
        absl::StrContains(status.message(), absl::StrCat("offset ", offset)))
        << status;
  }
}

TEST_F(FileSystemTest, AFileCutAfterItWasOpenedIsDataLoss) {
  ASSERT_EQ(Write(In("a"), "0123456789"), absl::OkStatus());
  auto reader = files_.NewRandomAccessFile(In("a"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_EQ(::truncate(In("a").c_str(), 5), 0);
  std::vector<std::byte> bytes(8);
  EXPECT_EQ((*reader)->Read(0, absl::MakeSpan(bytes)).code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(FileSystemTest, RenameReplaces) {
  ASSERT_EQ(Write(In("a"), "new"), absl::OkStatus());
  ASSERT_EQ(Write(In("b"), "old"), absl::OkStatus());
  EXPECT_EQ(files_.Rename(In("a"), In("b")), absl::OkStatus());
  EXPECT_EQ(*files_.List(folder_), std::vector<std::string>{"b"});
  EXPECT_EQ(*ReadFile(files_, In("b")), "new");

  const absl::Status status = files_.Rename(In("a"), In("c"));
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), In("a"))) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), In("c"))) << status;
}

TEST_F(FileSystemTest, ExchangeSwapsTwoFilesAndNothingElse) {
  ASSERT_EQ(Write(In("a"), "1"), absl::OkStatus());
  ASSERT_EQ(Write(In("b"), "2"), absl::OkStatus());
  ASSERT_EQ(files_.CreateDirectories(In("folder")), absl::OkStatus());
  // Not every file system can.
  const bool can = ::renameat2(AT_FDCWD, In("a").c_str(), AT_FDCWD,
                               In("b").c_str(), RENAME_EXCHANGE) == 0;
  const absl::Status swapped = files_.Exchange(In("a"), In("b"));
  EXPECT_EQ(swapped.code(),
            can ? absl::StatusCode::kOk : absl::StatusCode::kUnimplemented);
  // Once by each, if at all.
  EXPECT_EQ(*ReadFile(files_, In("a")), "1");
  EXPECT_EQ(*ReadFile(files_, In("b")), "2");
  if (can) {
    EXPECT_EQ(files_.Exchange(In("a"), In("b")), absl::OkStatus());
    EXPECT_EQ(*ReadFile(files_, In("a")), "2");
    EXPECT_EQ(*ReadFile(files_, In("b")), "1");
  }

  for (const std::string other : {"folder", "absent"}) {
    for (const bool is_first : {false, true}) {
      const absl::Status status = is_first
                                      ? files_.Exchange(In(other), In("a"))
                                      : files_.Exchange(In("a"), In(other));
      EXPECT_EQ(status.code(), other == "absent"
                                   ? absl::StatusCode::kNotFound
                                   : absl::StatusCode::kUnimplemented);
      EXPECT_TRUE(absl::StrContains(status.message(), In("a"))) << status;
      EXPECT_TRUE(absl::StrContains(status.message(), In(other))) << status;
    }
  }
  EXPECT_EQ(*files_.List(folder_),
            (std::vector<std::string>{"a", "b", "folder"}));
}

TEST_F(FileSystemTest, WhatIsMissingIsNotFoundAndNamed) {
  const std::string path = In("absent/ckpt-5.index");
  for (const absl::Status& status :
       {files_.NewWritableFile(path).status(),
        files_.NewRandomAccessFile(path).status(), files_.Remove(path),
        files_.List(path).status(), files_.SyncDirectory(path),
        ReadFile(files_, path).status()}) {
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(),
                                  absl::StrCat("\"", path, "\": cannot ")))
        << status;
    EXPECT_TRUE(absl::EndsWith(status.message(), ": No such file or directory"))
        << status;
  }
  EXPECT_FALSE(*files_.Exists(path));
}

TEST_F(FileSystemTest, RemoveTakesAFileAndNoFolder) {
  ASSERT_EQ(Write(In("a"), ""), absl::OkStatus());
  EXPECT_TRUE(*files_.Exists(In("a")));
  EXPECT_EQ(files_.Remove(In("a")), absl::OkStatus());
  EXPECT_FALSE(*files_.Exists(In("a")));
  EXPECT_FALSE(files_.Remove(folder_).ok());
  EXPECT_TRUE(*files_.Exists(folder_));
}

TEST_F(FileSystemTest, NothingIsBelowAFile) {
  ASSERT_EQ(Write(In("a"), ""), absl::OkStatus());
  EXPECT_FALSE(*files_.Exists(In("a/b")));
  EXPECT_TRUE(absl::IsNotFound(files_.NewRandomAccessFile(In("a/b")).status()));
}

TEST_F(FileSystemTest, AFolderIsNoFile) {
  const absl::Status status = files_.NewRandomAccessFile(folder_).status();
  EXPECT_TRUE(absl::EndsWith(status.message(), "Is a directory")) << status;
  EXPECT_FALSE(files_.NewWritableFile(folder_).ok());
}

TEST_F(FileSystemTest, ListIsSortedAndHasFoldersToo) {
  for (const char* name : {"b", "a10", "a9", ".hidden"}) {
    ASSERT_EQ(Write(In(name), ""), absl::OkStatus());
  }
  ASSERT_EQ(files_.CreateDirectories(In("aa")), absl::OkStatus());
  EXPECT_EQ(*files_.List(folder_),
            (std::vector<std::string>{".hidden", "a10", "a9", "aa", "b"}));
}

TEST_F(FileSystemTest, CreateDirectoriesMayBeRepeated) {
  EXPECT_EQ(files_.CreateDirectories(In("x//y/z/")), absl::OkStatus());
  EXPECT_EQ(files_.CreateDirectories(In("x/y/z")), absl::OkStatus());
  EXPECT_EQ(files_.CreateDirectories("/"), absl::OkStatus());
  EXPECT_EQ(files_.CreateDirectories("."), absl::OkStatus());
  EXPECT_EQ(Write(In("x/y/z/a"), "deep"), absl::OkStatus());
  EXPECT_EQ(files_.SyncDirectory(In("x/y/z")), absl::OkStatus());

  const absl::Status status = files_.CreateDirectories(In("x/y/z/a"));
  EXPECT_TRUE(absl::StrContains(status.message(), In("x/y/z/a"))) << status;
  EXPECT_EQ(*ReadFile(files_, In("x/y/z/a")), "deep");
}

TEST_F(FileSystemTest, ReadFileRefusesMoreThanTheLimit) {
  ASSERT_EQ(Write(In("a"), "12345"), absl::OkStatus());
  EXPECT_EQ(*ReadFile(files_, In("a"), 5), "12345");
  const absl::Status status = ReadFile(files_, In("a"), 4).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), In("a"))) << status;
  ASSERT_EQ(Write(In("empty"), ""), absl::OkStatus());
  EXPECT_EQ(*ReadFile(files_, In("empty"), 0), "");
}

TEST_F(FileSystemTest, AFullDiskIsResourceExhausted) {
  auto file = files_.NewWritableFile("/dev/full");
  ASSERT_TRUE(file.ok()) << file.status();
  const absl::Status status = (*file)->Append(Bytes("x"));
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "\"/dev/full\"")) << status;
}

TEST_F(FileSystemTest, AFileTakesTheModeOfAnother) {
  const auto mode = [&](const std::string& name) {
    struct stat entry = {};
    EXPECT_EQ(::stat(In(name).c_str(), &entry), 0);
    return entry.st_mode & 07777;
  };
  for (const char* name : {"from", "to"}) {
    ASSERT_EQ(Write(In(name), name), absl::OkStatus());
  }
  for (const mode_t wanted : {0600, 0644, 0440, 0755}) {
    ASSERT_EQ(::chmod(In("from").c_str(), wanted), 0);
    EXPECT_EQ(files_.CopyMode(In("from"), In("to")), absl::OkStatus());
    EXPECT_EQ(mode("to"), wanted);
  }
  EXPECT_EQ(files_.CopyMode(In("none"), In("to")), absl::OkStatus());
  EXPECT_EQ(mode("to"), 0755);
  EXPECT_TRUE(absl::IsNotFound(files_.CopyMode(In("from"), In("none"))));
}

TEST_F(FileSystemTest, AFileTakesTheOwnerOfAnotherIfItMay) {
  for (const char* name : {"from", "to"}) {
    ASSERT_EQ(Write(In(name), name), absl::OkStatus());
  }
  // The administrator may, others may not, and then it has the same owner.
  (void)!::chown(In("from").c_str(), 1234, 2345);
  EXPECT_EQ(files_.CopyMode(In("from"), In("to")), absl::OkStatus());
  struct stat from = {}, to = {};
  ASSERT_EQ(::stat(In("from").c_str(), &from), 0);
  ASSERT_EQ(::stat(In("to").c_str(), &to), 0);
  EXPECT_EQ(to.st_uid, from.st_uid);
  EXPECT_EQ(to.st_gid, from.st_gid);
}

TEST_F(FileSystemTest, HintsChangeNothing) {
  const auto file = files_.NewWritableFile(In("a"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->Append(Bytes("abc")), absl::OkStatus());
  (*file)->BeginSync();
  EXPECT_EQ((*file)->Append(Bytes("def")), absl::OkStatus());
  const auto reader = files_.NewRandomAccessFile(In("a"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  (*reader)->DropCache();
  EXPECT_EQ(*ReadFile(files_, In("a")), "abcdef");
  EXPECT_EQ((*file)->Sync(), absl::OkStatus());
  (*reader)->DropCache();
  EXPECT_EQ(*ReadFile(files_, In("a")), "abcdef");
}

TEST_F(FileSystemTest, WhatIsForbiddenIsPermissionDenied) {
  EXPECT_TRUE(absl::IsPermissionDenied(files_.Remove("/proc/version")));
}

TEST_F(FileSystemTest, AChildProcessInheritsNoFile) {
  auto writer = files_.NewWritableFile(In("a"));
  auto reader = files_.NewRandomAccessFile(In("a"));
  int found = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code closed;
    if (std::filesystem::read_symlink(entry, closed) != In("a")) continue;
    ++found;
    const int descriptor = std::stoi(entry.path().filename());
    EXPECT_TRUE(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
  }
  EXPECT_EQ(found, 2);
  EXPECT_EQ((*writer)->Close(), absl::OkStatus());
}

// A pipe that is full stops the writer in the middle, and each signal then ends
// its call: with a part of the bytes written or, the second time, with none.
TEST_F(FileSystemTest, AppendGoesOnAfterSignalsAndShortWrites) {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
  ASSERT_EQ(::mkfifo(In("pipe").c_str(), 0600), 0);
  std::string content;
  for (int i = 0; content.size() < 300000; ++i) absl::StrAppend(&content, i);

  const pthread_t writer = ::pthread_self();
  std::string received;
  std::thread reader([&] {
    const int descriptor = ::open(In("pipe").c_str(), O_RDONLY);
    std::string part(5000, ' ');
    while (received.size() < content.size()) {
      for (int i = 0; i < 20; ++i) ::pthread_kill(writer, SIGUSR1);
      const ssize_t count = ::read(descriptor, part.data(), part.size());
      if (count <= 0) break;
      received.append(part, 0, static_cast<size_t>(count));
    }
    ::close(descriptor);
  });
  auto file = files_.NewWritableFile(In("pipe"));
  const absl::Status status =
      file.ok() ? (*file)->Append(Bytes(content)) : file.status();
  file = absl::CancelledError("closed, so that the reader ends");
  reader.join();
  EXPECT_EQ(status, absl::OkStatus());
  EXPECT_TRUE(received == content) << received.size() << " bytes came";
}

TEST(PathTest, AFolderAndANameMakeAPath) {
  EXPECT_EQ(DirectoryOf("run/ckpt-5.index"), "run");
  EXPECT_EQ(DirectoryOf("/tmp//run//a"), "/tmp//run");
  EXPECT_EQ(DirectoryOf("/a"), "/");
  EXPECT_EQ(DirectoryOf("a"), ".");
  EXPECT_EQ(DirectoryOf("run/"), "run");
  EXPECT_EQ(DirectoryOf(""), ".");

  EXPECT_EQ(BaseName("run/ckpt-5.index"), "ckpt-5.index");
  EXPECT_EQ(BaseName("/a"), "a");
  EXPECT_EQ(BaseName("a"), "a");
  EXPECT_EQ(BaseName("run/"), "");

  EXPECT_EQ(JoinPath("run", "a"), "run/a");
  EXPECT_EQ(JoinPath("run/", "a/b"), "run/a/b");
  EXPECT_EQ(JoinPath("/", "a"), "/a");
  EXPECT_EQ(JoinPath("", "a"), "a");
  EXPECT_EQ(JoinPath("run", "/tmp/a"), "/tmp/a");
}

}  // namespace
}  // namespace cairn
