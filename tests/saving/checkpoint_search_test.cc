// Which checkpoint of a folder is the newest, the best, or the backup.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/base/status_macros.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "tests/saving/checkpoint_files.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/format_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

TEST(LatestCheckpointTest, IsTheHighestStepThatIsWhole) {
  FaultFileSystem files;
  for (const int step : {1, 2, 3, 4}) {
    Put(files, absl::StrCat("run/ckpt-", step), step);
  }
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string newest,
                             LatestCheckpoint("run", files));
  EXPECT_EQ(newest, "run/ckpt-4");
  Damage(files, "run/ckpt-4.data-00000-of-00001");
  Damage(files, "run/ckpt-3.index");
  CaptureStderr();
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string next,
                             LatestCheckpoint("run", files));
  const std::string warnings = GetCapturedStderr();
  EXPECT_EQ(next, "run/ckpt-2");
  for (const char* part :
       {"run/ckpt-4 cannot be used", "checksum", "run/ckpt-3 cannot be used"}) {
    EXPECT_TRUE(absl::StrContains(warnings, part)) << warnings;
  }
  EXPECT_FALSE(absl::StrContains(warnings, "ckpt-2")) << warnings;
}

TEST(LatestCheckpointTest, NoneIsNotFoundWithHowManyAreDamaged) {
  FaultFileSystem files;
  EXPECT_TRUE(
      IsError(LatestCheckpoint("run", files), Code::kNotFound, {"run"}));
  files.Put("run/notes.txt", "");
  EXPECT_TRUE(IsError(LatestCheckpoint("run", files), Code::kNotFound,
                      {"run", "0 damaged"}));
  Put(files, "run/ckpt-1", 1);
  Damage(files, "run/ckpt-1.index");
  CaptureStderr();
  EXPECT_TRUE(IsError(LatestCheckpoint("run", files), Code::kNotFound,
                      {"run", "1 damaged"}));
  EXPECT_TRUE(absl::StrContains(GetCapturedStderr(), "run/ckpt-1"));
}

TEST(ReadNewestCheckpointTest, ReadsAllPartsOfTheNewestThatIsWhole) {
  FaultFileSystem files;
  Put(files, "run/ckpt-1", 1);
  Put(files, "run/ckpt-2", 2);
  Damage(files, "run/ckpt-2.data-00000-of-00001");
  CaptureStderr();
  CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointRead read,
                             ReadNewestCheckpoint("run", files));
  EXPECT_TRUE(absl::StrContains(GetCapturedStderr(), "run/ckpt-2"));
  EXPECT_EQ(read.prefix, "run/ckpt-1");
  EXPECT_EQ(DescribeValues(read.snapshot), DescribeValues(SmallSnapshot(1)));
}

TEST(ReadNewestCheckpointTest, IsOfARunWhateverElseLiesThere) {
  FaultFileSystem files;
  Put(files, "run/ckpt-1", 1);
  Put(files, "run/weights-99", -1);
  CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointRead read,
                             ReadNewestCheckpoint("run", files));
  EXPECT_EQ(read.prefix, "run/ckpt-1");
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string latest,
                             LatestCheckpoint("run", files));
  EXPECT_EQ(latest, "run/weights-99");
  ASSERT_TRUE(IsOk(RemoveCheckpoint("run/ckpt-1", files)));
  EXPECT_TRUE(IsError(ReadNewestCheckpoint("run", files), Code::kNotFound,
                      {"run", "0 damaged"}));
}

// Finds one checkpoint of those in "run", and says its prefix.
using Finder = absl::StatusOr<std::string> (*)(FaultFileSystem& files);

absl::StatusOr<std::string> Latest(FaultFileSystem& files) {
  return LatestCheckpoint("run", files);
}
absl::StatusOr<std::string> Best(FaultFileSystem& files) {
  return BestCheckpoint("run", "", files);
}
absl::StatusOr<std::string> Newest(FaultFileSystem& files) {
  CAIRN_ASSIGN_OR_RETURN(const CheckpointRead read,
                         ReadNewestCheckpoint("run", files));
  EXPECT_EQ(read.snapshot.save_counter, read.prefix.back() - '0');
  return read.prefix;
}

// A checkpoint that records `step` as its best value.
void PutWatched(FaultFileSystem& files, const std::string& prefix,
                int64_t step) {
  Snapshot snapshot = SmallSnapshot(static_cast<int>(step));
  snapshot.extras["callback/ModelCheckpoint"] = {
      .values = Config::Object{{"monitor", "accuracy"},
                               {"mode", "max"},
                               {"value", static_cast<double>(step)},
                               {"best", static_cast<double>(step)},
                               {"best_step", step}}};
  files.Put("run/notes.txt", "");
  ASSERT_TRUE(
      IsOk(FindFormat("tf")->Write(snapshot, prefix, {.files = &files})));
}

TEST(FindCheckpointTest, AReadThatFailsOnceIsTriedAgain) {
  FaultFileSystem written;
  for (const int step : {1, 2, 3}) {
    PutWatched(written, absl::StrCat("run/ckpt-", step), step);
  }
  for (const Finder find : {Latest, Best, Newest}) {
    const auto clean = written.AfterKill();
    CAIRN_ASSERT_OK_AND_ASSIGN(const std::string found, find(*clean));
    ASSERT_EQ(found, "run/ckpt-3");
    int found_again = 0;
    for (int number = 1; number <= clean->reads(); ++number) {
      const auto files = written.AfterKill();
      files->FailRead(number, absl::UnavailableError("no answer"));
      const auto one = find(*files);
      // The names of the folder are read but once.
      if (!one.ok()) {
        EXPECT_TRUE(IsError(one, Code::kUnavailable, {"no answer"}));
        continue;
      }
      EXPECT_EQ(*one, "run/ckpt-3") << number;
      ++found_again;
    }
    EXPECT_GE(found_again, clean->reads() - 1);
  }
}

TEST(FindCheckpointTest, ADeviceThatFailsGivesNoOlderOne) {
  FaultFileSystem written;
  for (const int step : {1, 2, 3}) {
    PutWatched(written, absl::StrCat("run/ckpt-", step), step);
  }
  const absl::Status failures[] = {
      absl::UnavailableError("broken"), absl::PermissionDeniedError("broken"),
      absl::ResourceExhaustedError("broken"), absl::InternalError("broken")};
  for (const Finder find : {Latest, Best, Newest}) {
    const auto clean = written.AfterKill();
    ASSERT_TRUE(IsOk(find(*clean)));
    for (const absl::Status& failure : failures) {
      int named = 0;
      for (int number = 1; number <= clean->reads(); ++number) {
        const auto files = written.AfterKill();
        files->FailRead(number, failure, FaultFileSystem::Repeat::kFromThenOn);
        const auto one = find(*files);
        ASSERT_FALSE(one.ok()) << *one << " without read " << number;
        EXPECT_TRUE(IsError(one, failure.code(), {"broken"}));
        named += absl::StrContains(one.status().message(), "run/ckpt-");
      }
      EXPECT_GE(named, clean->reads() - 1);
    }
  }
}

// Of one file every read fails.
class OneFileFails : public FaultFileSystem {
 public:
  explicit OneFileFails(std::string path) : path_(std::move(path)) {}
  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override {
    if (path == path_) return absl::UnavailableError("no answer");
    return FaultFileSystem::NewRandomAccessFile(path);
  }

 private:
  const std::string path_;
};

TEST(FindCheckpointTest, OneThatIsOlderByItsNameNeedNotBeRead) {
  OneFileFails files("run/ckpt-1.index");
  PutWatched(files, "run/ckpt-2", 2);
  files.Put("run/ckpt-1.index", "");
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string newest, Latest(files));
  EXPECT_EQ(newest, "run/ckpt-2");
  EXPECT_TRUE(IsOk(Newest(files)));
  // Its value may be better.
  EXPECT_TRUE(IsError(Best(files), Code::kUnavailable, {"run/ckpt-1"}));
}

TEST(FindCheckpointTest, OneThatMayBeNewerMustBeRead) {
  for (const char* prefix : {"run/weights", "run/other-1", "run/ckpt-9"}) {
    OneFileFails files(absl::StrCat(prefix, ".index"));
    PutWatched(files, "run/ckpt-2", 2);
    files.Put(absl::StrCat(prefix, ".index"), "");
    for (const Finder find : {Latest, Best, Newest}) {
      EXPECT_TRUE(IsError(find(files), Code::kUnavailable, {prefix}));
    }
  }
  // Names that say something else than the steps do not tell which is newer.
  OneFileFails files("run/cp-0001.index");
  PutWatched(files, "run/cp-0002", 200);
  files.Put("run/cp-0001.index", "");
  EXPECT_TRUE(IsError(Latest(files), Code::kUnavailable, {"run/cp-0001"}));
}

TEST(FindCheckpointTest, AFolderThatIsCalledAnIndexIsPassedOver) {
  FileSystem& files = FileSystem::Default();
  const std::string folder = absl::StrCat(testing::TempDir(), "/with_folder");
  ASSERT_TRUE(
      IsOk(files.CreateDirectories(absl::StrCat(folder, "/words.index"))));
  ASSERT_TRUE(IsOk(FindFormat("tf")->Write(
      SmallSnapshot(1), absl::StrCat(folder, "/ckpt-1"), {})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string newest,
                             LatestCheckpoint(folder));
  EXPECT_EQ(newest, absl::StrCat(folder, "/ckpt-1"));
}

// Of a file that is too large nothing is read.
class HugeFile : public RandomAccessFile {
 public:
  int64_t size() const override { return (int64_t{1} << 30) + 1; }
  absl::Status Read(int64_t, absl::Span<std::byte>) const override {
    return absl::InternalError("read");
  }
};

class OneFileIsHuge : public FaultFileSystem {
 public:
  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override {
    if (path == "run/vectors.index") return std::make_unique<HugeFile>();
    return FaultFileSystem::NewRandomAccessFile(path);
  }
};

TEST(FindCheckpointTest, AHugeFileThatIsCalledAnIndexIsPassedOver) {
  OneFileIsHuge files;
  Put(files, "run/ckpt-1", 1);
  files.Put("run/vectors.index", "");
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string newest,
                             LatestCheckpoint("run", files));
  EXPECT_EQ(newest, "run/ckpt-1");
}

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    files_.Put("run/notes.txt", "");
    for (const int step : {1, 2}) {
      EXPECT_TRUE(IsOk(FindFormat("tf")->Write(
          SmallSnapshot(step), "run/model",
          {.overwrite = Overwrite::kKeepBackup, .files = &files_})));
    }
  }

  // The prefix that is read, or an error.
  absl::StatusOr<std::string> Read(FaultFileSystem& files) {
    CAIRN_ASSIGN_OR_RETURN(const CheckpointRead read,
                           ReadCheckpointOrBackup("run/model", files));
    const bool is_backup = read.prefix != "run/model";
    EXPECT_EQ(DescribeValues(read.snapshot),
              DescribeValues(SmallSnapshot(is_backup ? 1 : 2)));
    return read.prefix;
  }

  FaultFileSystem files_;
};

TEST_F(BackupTest, IsTakenInPlaceOfOneThatIsDamaged) {
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string good, Read(files_));
  EXPECT_EQ(good, "run/model");
  for (const char* path :
       {"run/model.index", "run/model.data-00000-of-00002"}) {
    const auto files = files_.AfterKill();
    Damage(*files, path);
    CaptureStderr();
    const auto found = Read(*files);
    const std::string warning = GetCapturedStderr();
    ASSERT_TRUE(IsOk(found));
    EXPECT_EQ(*found, "run/model.backup");
    EXPECT_TRUE(absl::StrContains(warning, path)) << warning;
    // Without one the error is that of the first.
    ASSERT_TRUE(IsOk(RemoveCheckpoint("run/model.backup", *files)));
    EXPECT_TRUE(IsError(Read(*files), Code::kDataLoss, {path}));
  }
}

TEST_F(BackupTest, IsNotTakenBecauseTheDeviceFails) {
  const auto clean = files_.AfterKill();
  ASSERT_TRUE(IsOk(Read(*clean)));
  for (int number = 1; number <= clean->reads(); ++number) {
    for (const auto repeat : {FaultFileSystem::Repeat::kOnce,
                              FaultFileSystem::Repeat::kFromThenOn}) {
      const auto files = files_.AfterKill();
      files->FailRead(number, absl::UnavailableError("no answer"), repeat);
      const auto found = Read(*files);
      if (repeat == FaultFileSystem::Repeat::kOnce) {
        ASSERT_TRUE(IsOk(found)) << number;
        EXPECT_EQ(*found, "run/model");
      } else {
        EXPECT_TRUE(IsError(found, Code::kUnavailable, {"run/model"}));
      }
    }
  }
}

}  // namespace
}  // namespace cairn
