#include "callbacks/run_folder.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(RunFolderTest, IsMadeAndLockedAsLongAsItIsOpen) {
  FaultFileSystem files;
  {
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto folder,
                               RunFolder::Open(files, "a/run", ".lock"));
    EXPECT_TRUE(*files.Exists("a/run"));
    EXPECT_TRUE(IsError(RunFolder::Open(files, "a/run", ".lock").status(),
                        absl::StatusCode::kFailedPrecondition,
                        {"the folder for checkpoints", "a/run/.lock"}));
    EXPECT_TRUE(IsOk(RunFolder::Open(files, "a/run", ".other")));
    CAIRN_ASSERT_OK_AND_ASSIGN(const bool renewed, folder->Renew());
    EXPECT_FALSE(renewed);
  }
  EXPECT_TRUE(IsOk(RunFolder::Open(files, "a/run", ".lock")));
}

TEST(RunFolderTest, OneThatWasRemovedIsMadeAndLockedAnew) {
  FaultFileSystem files;
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto folder,
                             RunFolder::Open(files, "a/run", ".lock"));
  files.RemoveFolder("a");
  CAIRN_ASSERT_OK_AND_ASSIGN(bool renewed, folder->Renew());
  EXPECT_TRUE(renewed);
  EXPECT_TRUE(*files.Exists("a/run"));
  EXPECT_FALSE(RunFolder::Open(files, "a/run", ".lock").ok());
  CAIRN_ASSERT_OK_AND_ASSIGN(renewed, folder->Renew());
  EXPECT_FALSE(renewed);
}

TEST(RunFolderTest, OneThatAnotherHasTakenMeanwhileIsTheirs) {
  FaultFileSystem files;
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto folder,
                             RunFolder::Open(files, "run", ".lock"));
  files.RemoveFolder("run");
  {
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto other,
                               RunFolder::Open(files, "run", ".lock"));
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(IsError(folder->Renew().status(),
                          absl::StatusCode::kFailedPrecondition,
                          {"\"run\" was removed", "run/.lock"}));
    }
    // Who is refused takes nothing from them.
    EXPECT_FALSE(RunFolder::Open(files, "run", ".lock").ok());
  }
  CAIRN_ASSERT_OK_AND_ASSIGN(const bool renewed, folder->Renew());
  EXPECT_TRUE(renewed);
}

TEST(RunFolderTest, WhereNoneCanBeMadeTheErrorSaysSo) {
  FaultFileSystem files;
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto folder,
                             RunFolder::Open(files, "run", ".lock"));
  files.RemoveFolder("run");
  files.FailMutation(2, absl::PermissionDeniedError("read-only"));
  EXPECT_TRUE(IsError(folder->Renew().status(),
                      absl::StatusCode::kPermissionDenied,
                      {"\"run\" was removed", "read-only"}));
  CAIRN_ASSERT_OK_AND_ASSIGN(const bool renewed, folder->Renew());
  EXPECT_TRUE(renewed);
}

}  // namespace
}  // namespace cairn
