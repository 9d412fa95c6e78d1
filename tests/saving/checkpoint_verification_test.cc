#include "saving/checkpoint_verification.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Kind = Verdict::Kind;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

constexpr char kOlder[] = "run/ckpt-3", kNewest[] = "run/ckpt-6";
#ifdef CAIRN_SANITIZED
constexpr size_t kStride = 11;
#else
constexpr size_t kStride = 1;
#endif

// A folder with two checkpoints and the file that names them.
std::map<std::string, std::string> MakeFolder() {
  FaultFileSystem files;
  files.Put("run/notes.txt", "not ours");
  for (const int step : {3, 6}) {
    EXPECT_TRUE(IsOk(FindFormat("tf")->Write(SmallSnapshot(step),
                                             absl::StrCat("run/ckpt-", step),
                                             {.files = &files})));
  }
  EXPECT_TRUE(IsOk(WriteCheckpointState("run", {kOlder, kNewest}, {1, 2},
                                        {.files = &files})));
  return files.Contents();
}

std::unique_ptr<FaultFileSystem> FilesOf(
    const std::map<std::string, std::string>& contents) {
  auto files = std::make_unique<FaultFileSystem>();
  for (const auto& [path, bytes] : contents) files->Put(path, bytes);
  return files;
}

// What has a fault among `verdicts`, by path.
std::vector<std::string> FaultyPaths(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> paths;
  for (const Verdict& verdict : verdicts) {
    if (!verdict.faults.empty()) paths.push_back(verdict.path);
  }
  return paths;
}

// The newest checkpoint is found damaged, and the older is what a run goes on
// from.
void ExpectFoundAndPassedOver(std::map<std::string, std::string> contents,
                              const std::string& path,
                              const std::string& damaged) {
  contents[path] = damaged;
  const auto files = FilesOf(contents);
  const Verdict verdict = VerifyCheckpoint(kNewest, *files);
  ASSERT_FALSE(verdict.faults.empty());
  for (const Fault& fault : verdict.faults) {
    EXPECT_TRUE(absl::IsDataLoss(fault.status)) << fault.status;
    EXPECT_TRUE(absl::StrContains(fault.status.message(), path))
        << fault.status;
  }
  EXPECT_EQ(FaultyPaths(VerifyPath("run", *files)),
            std::vector<std::string>{kNewest});
  EXPECT_FALSE(VerifySnapshot(kNewest, {.files = files.get()}).ok());
  CaptureStderr();
  const auto read = ReadNewestCheckpoint("run", *files);
  const std::string said = GetCapturedStderr();
  ASSERT_TRUE(IsOk(read));
  EXPECT_EQ(read->prefix, kOlder);
  EXPECT_TRUE(absl::StrContains(said, kNewest)) << said;
}

TEST(CheckpointVerificationTest, EveryBitOfTheNewestIsCovered) {
  const auto contents = MakeFolder();
  size_t flips = 0, bytes = 0;
  for (const auto& [path, content] : contents) {
    if (!absl::StartsWith(path, absl::StrCat(kNewest, "."))) continue;
    bytes += content.size();
    for (size_t i = 0; i < content.size(); i += kStride) {
      for (int bit = 0; bit < 8; ++bit, ++flips) {
        SCOPED_TRACE(absl::StrCat(path, ", byte ", i, ", bit ", bit));
        std::string damaged = content;
        damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
        ExpectFoundAndPassedOver(contents, path, damaged);
      }
    }
  }
  RecordProperty("flips", static_cast<int>(flips));
  EXPECT_GT(bytes, 1000u);
  EXPECT_GE(flips, 8 * (bytes / kStride));
}

TEST(CheckpointVerificationTest, EveryLengthOfTheNewestIsFound) {
  const auto contents = MakeFolder();
  size_t lengths = 0;
  for (const auto& [path, content] : contents) {
    if (!absl::StartsWith(path, absl::StrCat(kNewest, "."))) continue;
    for (size_t i = 0; i < content.size(); i += kStride, ++lengths) {
      SCOPED_TRACE(absl::StrCat(path, ", ", i, " bytes"));
      ExpectFoundAndPassedOver(contents, path, content.substr(0, i));
    }
  }
  RecordProperty("lengths", static_cast<int>(lengths));
  EXPECT_GT(lengths, 1000 / kStride);
}

TEST(CheckpointVerificationTest, AllDamagedTensorsAreNamedWithTheirBytes) {
  auto contents = MakeFolder();
  std::string& data = contents.at("run/ckpt-6.data-00000-of-00001");
  data[0] = static_cast<char>(data[0] ^ 1);
  data[9] = static_cast<char>(data[9] ^ 1);
  const Verdict verdict = VerifyCheckpoint(kNewest, *FilesOf(contents));
  ASSERT_EQ(verdict.faults.size(), 2u);
  for (const Fault& fault : verdict.faults) {
    EXPECT_EQ(fault.file, "run/ckpt-6.data-00000-of-00001");
    EXPECT_TRUE(absl::StrContains(fault.key, "VARIABLE_VALUE"));
    EXPECT_TRUE((fault.offset <= 0 && fault.offset + fault.size > 0) ||
                (fault.offset <= 9 && fault.offset + fault.size > 9));
  }
  EXPECT_NE(verdict.faults[0].key, verdict.faults[1].key);
}

TEST(CheckpointVerificationTest, AFolderIsJudgedFileByFile) {
  auto contents = MakeFolder();
  contents["run/ckpt-9.data-00000-of-00001"] = "half";
  contents["run/ckpt-9.index.tmp-7"] = "half";
  const std::vector<Verdict> verdicts = VerifyPath("run", *FilesOf(contents));
  std::map<std::string, Kind> kinds;
  for (const Verdict& verdict : verdicts) kinds[verdict.path] = verdict.kind;
  const std::map<std::string, Kind> wanted = {
      {kOlder, Kind::kCheckpoint},
      {kNewest, Kind::kCheckpoint},
      {"run/checkpoint", Kind::kStateFile},
      {"run/ckpt-9.data-00000-of-00001", Kind::kDataWithoutIndex},
      {"run/ckpt-9.index.tmp-7", Kind::kTemporaryFile}};
  EXPECT_EQ(kinds, wanted);
  EXPECT_TRUE(FaultyPaths(verdicts).empty());
}

TEST(CheckpointVerificationTest, AStateFileIsReadAndItsNamesLookedFor) {
  auto contents = MakeFolder();
  contents["run/checkpoint"] = "model_checkpoint_path: \"ckpt-7\"\n";
  EXPECT_EQ(FaultyPaths(VerifyPath("run", *FilesOf(contents))),
            std::vector<std::string>{"run/checkpoint"});
  contents["run/checkpoint"] = "nonsense";
  EXPECT_EQ(FaultyPaths(VerifyPath("run", *FilesOf(contents))),
            std::vector<std::string>{"run/checkpoint"});
}

TEST(CheckpointVerificationTest, AnyFileOfACheckpointStandsForIt) {
  const auto files = FilesOf(MakeFolder());
  for (const char* path :
       {"run/ckpt-3", "run/ckpt-3.index", "run/ckpt-3.data-00000-of-00001"}) {
    const std::vector<Verdict> verdicts = VerifyPath(path, *files);
    ASSERT_EQ(verdicts.size(), 1u);
    EXPECT_EQ(verdicts[0].path, kOlder);
    EXPECT_TRUE(verdicts[0].faults.empty());
    EXPECT_GT(verdicts[0].entries, 8);
  }
}

TEST(CheckpointVerificationTest, WhatIsNotThereIsAFault) {
  const auto files = FilesOf({{"empty/notes.txt", ""}});
  EXPECT_EQ(FaultyPaths(VerifyPath("empty", *files)),
            std::vector<std::string>{"empty"});
  const std::vector<Verdict> none = VerifyPath("none/x", *files);
  ASSERT_EQ(FaultyPaths(none).size(), 1u);
  EXPECT_TRUE(absl::IsNotFound(none[0].faults[0].status));
}

}  // namespace
}  // namespace cairn
