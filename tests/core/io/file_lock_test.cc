#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/io/file_system.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

class FileLockTest : public testing::Test {
 protected:
  FileLockTest() : path_(testing::TempDir() + "/file_lock_test.lock") {
    std::filesystem::remove(path_);
  }

  absl::StatusOr<std::unique_ptr<FileLock>> Lock() const {
    return FileSystem::Default().Lock(path_);
  }

  // Starts a process that takes the lock and keeps it until it is killed.
  pid_t HoldElsewhere() const {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto lock = Lock();
      const char answer = lock.ok() ? 'y' : 'n';
      if (::write(ends[1], &answer, 1) == 1) ::pause();
      ::_exit(1);
    }
    char answer = 0;
    EXPECT_EQ(::read(ends[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    ::close(ends[0]);
    ::close(ends[1]);
    return child;
  }

  static void Kill(pid_t child) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }

  const std::string path_;
};

TEST_F(FileLockTest, IsHeldByOneAtATimeAndLeavesNothing) {
  {
    const auto lock = Lock();
    ASSERT_TRUE(lock.ok()) << lock.status();
    EXPECT_TRUE(std::filesystem::exists(path_));
    const absl::Status second = Lock().status();
    EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
    EXPECT_NE(second.message().find(absl::StrCat(::getpid())),
              absl::string_view::npos);
    // Who is refused leaves the lock to its holder.
    EXPECT_TRUE(std::filesystem::exists(path_));
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(Lock().ok());
}

TEST_F(FileLockTest, AnotherProcessIsNamedAndKeepsItUntilItDies) {
  const pid_t child = HoldElsewhere();
  const absl::Status refused = Lock().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_NE(refused.message().find(absl::StrCat("process ", child)),
            absl::string_view::npos)
      << refused;
  Kill(child);
  // What it left behind locks nobody out.
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(Lock().ok());
}

TEST_F(FileLockTest, AFileOfThatNameThatNobodyHoldsIsTakenOver) {
  std::ofstream(path_) << "99999999\n";
  EXPECT_TRUE(Lock().ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(FileLockTest, WhereNoFileCanBeMadeThereIsNoLock) {
  EXPECT_TRUE(absl::IsNotFound(
      FileSystem::Default().Lock(path_ + ".none/lock").status()));
}

TEST(FreeSpaceTest, IsThatOfTheFileSystem) {
  const auto space = FileSystem::Default().FindFreeSpace(testing::TempDir());
  ASSERT_TRUE(space.ok());
  EXPECT_GT(space->bytes, 0);
  EXPECT_GT(space->files, 0);
  EXPECT_LE(space->bytes, static_cast<int64_t>(
                              std::filesystem::space(testing::TempDir()).free));
  EXPECT_TRUE(absl::IsNotFound(
      FileSystem::Default().FindFreeSpace("/no/such/folder").status()));
}

TEST(ReserveTest, MoreThanThereIsIsRefusedAndLessLeavesTheFileAsItWas) {
  const std::string path = testing::TempDir() + "/reserve_test";
  auto file = FileSystem::Default().NewWritableFile(path);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->Reserve(1 << 20).ok());
  EXPECT_EQ(std::filesystem::file_size(path), 0u);
  const absl::Status refused = (*file)->Reserve(int64_t{1} << 42);
  // A file system that cannot reserve says nothing.
  if (!refused.ok()) {
    EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
    EXPECT_NE(refused.message().find("4398046511104 bytes"),
              absl::string_view::npos)
        << refused;
  }
  EXPECT_TRUE((*file)->Close().ok());
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace cairn
