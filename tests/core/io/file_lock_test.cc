#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
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

  // Not every file system can.
  bool CanRenameWithoutReplacing() const {
    const std::string probe = path_ + ".probe", moved = path_ + ".moved";
    std::ofstream(probe) << "";
    const bool can = ::renameat2(AT_FDCWD, probe.c_str(), AT_FDCWD,
                                 moved.c_str(), RENAME_NOREPLACE) == 0;
    std::filesystem::remove(probe);
    std::filesystem::remove(moved);
    return can;
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

TEST_F(FileLockTest, KnowsWhetherItsFileIsStillInPlace) {
  const auto lock = Lock();
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE((*lock)->IsInPlace());
  std::filesystem::remove(path_);
  EXPECT_FALSE((*lock)->IsInPlace());
  const auto second = Lock();
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE((*lock)->IsInPlace());
  EXPECT_TRUE((*second)->IsInPlace());
}

TEST_F(FileLockTest, MovedToAnotherNameItLocksThatOne) {
  const std::string other = path_ + ".other";
  const auto lock = Lock();
  ASSERT_TRUE(lock.ok());
  // Nobody's name is taken, held or not.
  std::ofstream(other) << "";
  EXPECT_FALSE((*lock)->MoveTo(other));
  EXPECT_TRUE((*lock)->IsInPlace());
  std::filesystem::remove(other);

  // Where it cannot be done all stays as it was.
  const bool can = CanRenameWithoutReplacing();
  EXPECT_EQ((*lock)->MoveTo(other), can);
  EXPECT_TRUE((*lock)->IsInPlace());
  const std::string held = can ? other : path_, free = can ? path_ : other;
  EXPECT_TRUE(FileSystem::Default().Lock(free).ok());
  const absl::Status refused = FileSystem::Default().Lock(held).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;

  std::filesystem::remove(held);
  EXPECT_FALSE((*lock)->MoveTo(free));
  EXPECT_FALSE(std::filesystem::exists(free));
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

// Runs `body` in a process of a user who is not the administrator. Returns its
// exit code: 1 if an expectation failed, 2 if this process cannot become them.
int AsAnotherUser(const std::function<void()>& body) {
  constexpr uid_t kNobody = 65534;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 ||
        ::setuid(kNobody) != 0) {
      ::_exit(2);
    }
    body();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

class ForeignLockTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0 || AsAnotherUser([] {}) != 0) {
      GTEST_SKIP() << "this process cannot become another user";
    }
    // Not below the test's folder, into which the other user may not look.
    folder_ = "/tmp/cairn_foreign_lock_XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/lock";
    std::ofstream(path_) << "99999999\n";
    ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  void AllowWriting(mode_t mode) {
    ASSERT_EQ(::chmod(folder_.c_str(), mode), 0);
  }

  std::string folder_, path_;
};

TEST_F(ForeignLockTest, IsReplacedWhereTheFolderMayBeWritten) {
  AllowWriting(0777);
  EXPECT_EQ(AsAnotherUser([&] {
              {
                const auto lock = FileSystem::Default().Lock(path_);
                ASSERT_TRUE(lock.ok()) << lock.status();
                EXPECT_TRUE((*lock)->IsInPlace());
                const absl::Status second =
                    FileSystem::Default().Lock(path_).status();
                EXPECT_NE(second.message().find(absl::StrCat(::getpid())),
                          absl::string_view::npos)
                    << second;
              }
              EXPECT_FALSE(std::filesystem::exists(path_));
            }),
            0);
}

TEST_F(ForeignLockTest, IsTakenAsItIsWhereItMayNotBeRemoved) {
  AllowWriting(01777);
  EXPECT_EQ(AsAnotherUser([&] {
              for (int i = 0; i < 2; ++i) {
                const auto lock = FileSystem::Default().Lock(path_);
                ASSERT_TRUE(lock.ok()) << lock.status();
                EXPECT_TRUE(absl::IsFailedPrecondition(
                    FileSystem::Default().Lock(path_).status()));
              }
            }),
            0);
}

TEST_F(ForeignLockTest, IsRespectedWhileItIsHeld) {
  AllowWriting(0777);
  const auto lock = FileSystem::Default().Lock(path_);
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(
      AsAnotherUser([&] {
        const absl::Status refused = FileSystem::Default().Lock(path_).status();
        EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
        EXPECT_NE(refused.message().find(absl::StrCat("process ", ::getppid())),
                  absl::string_view::npos)
            << refused;
      }),
      0);
  EXPECT_TRUE((*lock)->IsInPlace());
}

TEST_F(ForeignLockTest, WhereThereIsNoneAndNoneMayBeMadeIsPermissionDenied) {
  AllowWriting(0755);
  EXPECT_EQ(AsAnotherUser([&] {
              const absl::Status refused =
                  FileSystem::Default().Lock(folder_ + "/other").status();
              EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
              EXPECT_EQ(refused.message().find("another user's"),
                        absl::string_view::npos)
                  << refused;
            }),
            0);
}

TEST_F(ForeignLockTest, ThatMayNotBeReadIsAnErrorThatSaysWhatToDo) {
  AllowWriting(0777);
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_EQ(AsAnotherUser([&] {
              const absl::Status refused =
                  FileSystem::Default().Lock(path_).status();
              EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
              EXPECT_NE(refused.message().find("another user's"),
                        absl::string_view::npos)
                  << refused;
            }),
            0);
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

}  // namespace
}  // namespace cairn
