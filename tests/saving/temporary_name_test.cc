#include "saving/temporary_name.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/fault_file_system.h"

namespace cairn {
namespace {

TEST(TemporaryNameTest, EndsWithTheMarkAndDigits) {
  for (const char* name : {"x.tmp-12", "ckpt-5.index.tmp-0", "a.tmp-1.tmp-2"}) {
    EXPECT_TRUE(IsTemporaryName(name)) << name;
  }
  for (const char* name : {"", "12", "x", "x.tmp-", "x.tmp12", "x.tmp-1a",
                           "x.tmp-12.index", "x.tmp--", "xtmp-1"}) {
    EXPECT_FALSE(IsTemporaryName(name)) << name;
  }
}

TEST(TemporaryNameTest, NamesOneProcessAndOneThread) {
  FaultFileSystem files;
  std::string first, second;
  {
    const TemporaryName name = TemporaryName::Take(files, "run/x");
    const TemporaryName other = TemporaryName::Take(files, "run/x");
    first = name.path();
    second = other.path();
  }
  EXPECT_NE(first, second);
  for (const std::string& path : {first, second}) {
    EXPECT_TRUE(IsTemporaryName(BaseName(path))) << path;
    // More than the process id, which is not one process's alone.
    EXPECT_TRUE(absl::StartsWith(path, absl::StrCat("run/x.tmp-", ::getpid())));
    EXPECT_GE(path.size(), absl::StrCat("run/x.tmp-", ::getpid()).size() + 10);
  }
  // A second attempt takes the name of the first.
  EXPECT_EQ(TemporaryName::Take(files, "run/x").path(), first);
}

TEST(RemoveLeftoversTest, TakesOnlyTemporaryNamesWithThePrefix) {
  FaultFileSystem files;
  for (const char* name : {"a.tmp-1", "a.index.tmp-22", "a", "b.tmp-1"}) {
    files.Put(JoinPath("run", name), "");
  }
  EXPECT_EQ(*RemoveLeftovers(files, "run", "a"),
            (std::vector<std::string>{"a.index.tmp-22", "a.tmp-1"}));
  EXPECT_EQ(*files.List("run"), (std::vector<std::string>{"a", "b.tmp-1"}));
  EXPECT_EQ(*RemoveLeftovers(files, "run"),
            (std::vector<std::string>{"b.tmp-1"}));
  EXPECT_EQ(*RemoveLeftovers(files, "absent"), std::vector<std::string>{});
}

TEST(RemoveLeftoversTest, ReturnsErrorsButNotThatOneIsGone) {
  FaultFileSystem files;
  files.Put("run/a.tmp-1", "");
  files.Put("run/b.tmp-1", "");
  files.FailRead(1, absl::PermissionDeniedError("no"));
  EXPECT_TRUE(absl::IsPermissionDenied(RemoveLeftovers(files, "run").status()));
  files.FailMutation(1, absl::PermissionDeniedError("no"));
  EXPECT_TRUE(absl::IsPermissionDenied(RemoveLeftovers(files, "run").status()));
  files.FailMutation(2, absl::NotFoundError("another was faster"));
  EXPECT_EQ(*RemoveLeftovers(files, "run"),
            (std::vector<std::string>{"b.tmp-1"}));
}

}  // namespace
}  // namespace cairn
