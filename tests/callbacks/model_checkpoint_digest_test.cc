// The digest of the state that a ModelCheckpoint prints.
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "callbacks/model_checkpoint.h"
#include "gtest/gtest.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

// The digests in the lines that begin with "ModelCheckpoint: <what> ", by what
// stands between that and the next space: the prefix.
std::map<std::string, std::string> DigestsOf(const std::string& text,
                                             absl::string_view what) {
  std::map<std::string, std::string> digests;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, "ModelCheckpoint: ") ||
        !absl::ConsumePrefix(&line, what)) {
      continue;
    }
    const std::string prefix(line.substr(0, line.find(' ')));
    const size_t at = line.find("digest ");
    EXPECT_NE(at, absl::string_view::npos) << line;
    if (at == absl::string_view::npos) continue;
    line.remove_prefix(at + 7);
    digests[prefix] = std::string(line.substr(0, line.find(')')));
  }
  return digests;
}

std::string Printed(FaultFileSystem& files, const SmallRun& run) {
  testing::internal::CaptureStdout();
  const auto result = Train(files, run);
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(IsOk(result.status));
  return text;
}

TEST(ModelCheckpointDigestTest, ResumingPrintsTheDigestThatSavingPrinted) {
  for (const bool asynchronous : {false, true}) {
    std::set<std::string> seen;
    for (int64_t stop = 1; stop <= 6; ++stop) {
      FaultFileSystem files;
      SmallRun run;
      run.checkpoint.verbose = 1;
      run.checkpoint.asynchronous = asynchronous;
      run.checkpoint.resume = Resume::kAuto;
      run.before = StopAfterStep(stop);
      const auto saved = DigestsOf(Printed(files, run), "saved ");
      run.before = nullptr;
      const auto resumed = DigestsOf(Printed(files, run), "resumed from ");
      ASSERT_EQ(resumed.size(), 1);
      const auto& [prefix, digest] = *resumed.begin();
      EXPECT_GE(digest.size(), 8u);
      ASSERT_EQ(saved.count(prefix), 1) << prefix;
      EXPECT_EQ(saved.at(prefix), digest) << prefix;
      seen.insert(digest);
    }
    // It tells states apart.
    EXPECT_EQ(seen.size(), 6);
  }
}

}  // namespace
}  // namespace cairn
