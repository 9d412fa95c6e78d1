#include "saving/checkpoint_remains.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/saving/checkpoint_files.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

const IsMeant kNumbered = NumberedCheckpoints("ckpt-");

std::vector<std::string> Names(const FaultFileSystem& files) {
  std::vector<std::string> names;
  for (const auto& [path, content] : files.Contents()) names.push_back(path);
  return names;
}

TEST(RemoveRemainsTest, TakesNumberedOnesAlone) {
  FaultFileSystem files;
  Put(files, "run/ckpt-1", 1);
  for (const char* name :
       {"ckpt-2.data-00000-of-00001", "ckpt-3.data-00000-of-00002",
        "ckpt-4.index", "ckpt-x.data-00000-of-00001", "ckpt-x.index",
        "cp-2.data-00000-of-00001", "cp-3.index"}) {
    files.Put(JoinPath("run", name), "");
  }
  ASSERT_TRUE(IsOk(RemoveRemains("run", kNumbered, files)));
  EXPECT_EQ(
      Names(files),
      (std::vector<std::string>{
          "run/ckpt-1.data-00000-of-00001", "run/ckpt-1.index",
          "run/ckpt-x.data-00000-of-00001", "run/ckpt-x.index",
          "run/cp-2.data-00000-of-00001", "run/cp-3.index", "run/notes.txt"}));
}

TEST(RemoveRemainsTest, TakesTheDataOfOnesThatWereReplaced) {
  FaultFileSystem files;
  Put(files, "run/ckpt-1", 1);
  Put(files, "run/ckpt-1", 1);
  files.Put("run/ckpt-1.data-00000-of-00001", "older");
  ASSERT_TRUE(IsOk(RemoveRemains("run", kNumbered, files)));
  const std::vector<std::string> whole = {"run/ckpt-1.data-00000-of-00002",
                                          "run/ckpt-1.data-00001-of-00002",
                                          "run/ckpt-1.index", "run/notes.txt"};
  EXPECT_EQ(Names(files), whole);
  // Of a damaged one a person may want what is left.
  Damage(files, "run/ckpt-1.index");
  ASSERT_TRUE(IsOk(RemoveRemains("run", kNumbered, files)));
  EXPECT_EQ(Names(files), whole);
}

TEST(RemoveRemainsTest, TakesTheLockOfASaveThatWasKilled) {
  FileSystem& files = FileSystem::Default();
  const std::string folder = absl::StrCat(testing::TempDir(), "/locks_left");
  const auto put = [&](const std::string& name) {
    return files.NewWritableFile(JoinPath(folder, name)).status();
  };
  ASSERT_TRUE(IsOk(files.CreateDirectories(folder)));
  for (const char* name : {".ckpt-1.saving", ".ckpt-3.saving.tmp-7",
                           ".ckpt-.lock", ".ckpt-x.saving"}) {
    ASSERT_TRUE(IsOk(put(name)));
  }
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto held,
                             files.Lock(JoinPath(folder, ".ckpt-2.saving")));
  ASSERT_TRUE(IsOk(RemoveRemains(folder, kNumbered, files)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto names, files.List(folder));
  EXPECT_EQ(names, (std::vector<std::string>{".ckpt-.lock", ".ckpt-2.saving",
                                             ".ckpt-x.saving"}));
}

TEST(RemoveRemainsTest, ErrorsAreReturnedButNotThatAFileIsGone) {
  for (const bool gone : {false, true}) {
    FaultFileSystem files;
    files.Put("run/ckpt-2.data-00000-of-00001", "");
    files.FailMutation(1, gone ? absl::NotFoundError("another was faster")
                               : absl::PermissionDeniedError("no"));
    EXPECT_EQ(RemoveRemains("run", kNumbered, files).ok(), gone);
    files.FailRead(files.reads() + 1, absl::PermissionDeniedError("no"));
    EXPECT_FALSE(RemoveRemains("run", kNumbered, files).ok());
  }
}

TEST(RemoveRemainsTest, TakesTheTemporaryFilesOfThoseMeant) {
  FaultFileSystem files;
  for (const char* name :
       {"ckpt-2.data-00000-of-00001.tmp-7", "ckpt-2.index.tmp-70001",
        "ckpt-2.backup.index.tmp-7", "ckpt-x.index.tmp-7", "ckpt-2.tmp-7",
        "checkpoint.tmp-7", "ckpt-2.index.tmp-x", "x.ckpt-2.index.tmp-7"}) {
    files.Put(JoinPath("run", name), "");
  }
  const auto copy = files.AfterKill();
  const std::vector<std::string> others = {
      "run/checkpoint.tmp-7", "run/ckpt-2.index.tmp-x", "run/ckpt-2.tmp-7",
      "run/ckpt-x.index.tmp-7", "run/x.ckpt-2.index.tmp-7"};
  ASSERT_TRUE(IsOk(RemoveRemains("run", kNumbered, files)));
  EXPECT_EQ(Names(files), others);
  copy->Put("run/ckpt-3.data-00000-of-00001", "");
  ASSERT_TRUE(IsOk(RemoveTemporaries("run", kNumbered, *copy)));
  EXPECT_EQ(copy->Contents().count("run/ckpt-3.data-00000-of-00001"), 1u);
  EXPECT_EQ(copy->Contents().size(), others.size() + 1);
}

TEST(RemoveRemainsTest, ASaveThatBeganLaterIsLeftAlone) {
  FaultFileSystem files;
  files.Put("run/ckpt-2.data-00000-of-00001", "");
  files.Put("run/ckpt-2.index.tmp-7", "");
  {
    // These files do not show who holds a lock, as if it was taken just after
    // the folder was listed.
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto held,
                               files.Lock("run/.ckpt-2.saving"));
    ASSERT_TRUE(IsOk(RemoveRemains("run", kNumbered, files)));
    EXPECT_EQ(files.Contents().size(), 2u);
  }
  ASSERT_TRUE(IsOk(RemoveRemains("run", kNumbered, files)));
  EXPECT_EQ(files.Contents().size(), 0u);
}

TEST(RemoveRemainsTest, WhatIsBeingSavedIsLeftAlone) {
  FileSystem& files = FileSystem::Default();
  const std::string folder = absl::StrCat(testing::TempDir(), "/being_saved");
  ASSERT_TRUE(IsOk(files.CreateDirectories(folder)));
  const std::vector<std::string> names = {
      ".ckpt-2.saving", "ckpt-2.data-00000-of-00001", "ckpt-2.index.tmp-7"};
  for (const std::string& name : names) {
    ASSERT_TRUE(IsOk(files.NewWritableFile(JoinPath(folder, name))));
  }
  {
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto held,
                               files.Lock(JoinPath(folder, names[0])));
    ASSERT_TRUE(IsOk(RemoveRemains(folder, kNumbered, files)));
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto found, files.List(folder));
    EXPECT_EQ(found, names);
  }
  ASSERT_TRUE(IsOk(RemoveRemains(folder, kNumbered, files)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto found, files.List(folder));
  EXPECT_EQ(found, std::vector<std::string>{});
}

}  // namespace
}  // namespace cairn
