// Every byte of a run's newest checkpoint is wrong in turn, and every file of
// it ends early; the run then goes on from the one before.
#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

constexpr char kOlder[] = "run/ckpt-3";
constexpr char kNewest[] = "run/ckpt-6";
constexpr char kStateFile[] = "run/checkpoint";

// A sanitizer takes its time.
#ifdef CAIRN_SANITIZED
constexpr size_t kStride = 16;
#else
constexpr size_t kStride = 1;
#endif

class ModelCheckpointDamageTest : public ::testing::Test {
 protected:
  ModelCheckpointDamageTest() {
    FaultFileSystem files;
    files.Put("run/notes.txt", "not ours");
    const SmallRunResult result = Train(files, run_);
    EXPECT_TRUE(IsOk(result.status));
    values_ = result.values;
    contents_ = files.Contents();
    names_ = FilesWithoutTimes(files);
  }

  // The run again, where one file has this content.
  SmallRunResult TrainWith(const std::string& path, const std::string& content,
                           FaultFileSystem& files) const {
    for (const auto& [other, bytes] : contents_) {
      files.Put(other, other == path ? content : bytes);
    }
    return Train(files, run_);
  }

  // Every sixteenth time the run goes on to its end; else it is stopped once it
  // knows from where.
  void ExpectOlderTaken(const std::string& path, const std::string& content,
                        bool to_the_end) {
    FaultFileSystem files;
    for (const auto& [other, bytes] : contents_) {
      files.Put(other, other == path ? content : bytes);
    }
    SmallRun run = run_;
    if (!to_the_end) {
      run.before = [](const std::string& hook, TrainingSession& session,
                      const Logs&) {
        if (hook == "on_train_begin") session.RequestStop();
        return absl::OkStatus();
      };
    }
    CaptureStderr();
    const SmallRunResult result = TrainIn(model_, files, run);
    const std::string said = GetCapturedStderr();
    ASSERT_TRUE(IsOk(result.status));
    ASSERT_TRUE(result.resumed.has_value());
    EXPECT_EQ(result.resumed->prefix, kOlder);
    EXPECT_TRUE(absl::StrContains(said, kNewest)) << said;
    if (!to_the_end) return;
    EXPECT_EQ(result.values, values_);
    // The run has written the newest anew.
    EXPECT_EQ(LatestCheckpoint("run", files).value_or(""), kNewest);
  }

  // Every file of the newest checkpoint.
  template <typename Use>
  void ForEachFile(Use use) {
    int count = 0;
    for (const auto& [path, content] : contents_) {
      if (!absl::StartsWith(path, absl::StrCat(kNewest, "."))) continue;
      ++count;
      use(path, content);
    }
    EXPECT_EQ(count, 2);
  }

  const SmallRun run_ = {
      .checkpoint = {.directory = "run", .resume = Resume::kAuto}};
  // Compiled once; a resumed run takes all from the checkpoint.
  const std::shared_ptr<Sequential> model_ = MakeSmallModel(run_);
  std::map<std::string, std::string> contents_, names_;
  std::string values_;
};

TEST_F(ModelCheckpointDamageTest, AnyWrongByteOfTheNewestMeansTheOneBefore) {
  size_t bytes = 0;
  ForEachFile([&](const std::string& path, const std::string& content) {
    for (size_t i = 0; i < content.size(); i += kStride, ++bytes) {
      SCOPED_TRACE(absl::StrCat(path, ", byte ", i));
      std::string damaged = content;
      // Any bit will do: tests/saving tries all.
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
      ExpectOlderTaken(path, damaged, i % (16 * kStride) == 0);
    }
  });
  RecordProperty("bytes", static_cast<int>(bytes));
  EXPECT_GT(bytes, 1000 / kStride);
}

TEST_F(ModelCheckpointDamageTest, AnyLengthOfTheNewestMeansTheOneBefore) {
  size_t lengths = 0;
  ForEachFile([&](const std::string& path, const std::string& content) {
    for (size_t i = 0; i < content.size(); i += kStride, ++lengths) {
      SCOPED_TRACE(absl::StrCat(path, ", ", i, " bytes"));
      ExpectOlderTaken(path, content.substr(0, i), i % (16 * kStride) == 0);
    }
  });
  RecordProperty("lengths", static_cast<int>(lengths));
  EXPECT_GT(lengths, 1000 / kStride);
}

TEST_F(ModelCheckpointDamageTest, ADamagedStateFileIsRebuilt) {
  const std::string content = contents_.at(kStateFile);
  const auto expect_rebuilt = [&](const std::string& damaged) {
    FaultFileSystem files;
    const SmallRunResult result = TrainWith(kStateFile, damaged, files);
    ASSERT_TRUE(IsOk(result.status));
    EXPECT_EQ(result.resumed->prefix, kNewest);
    EXPECT_EQ(result.values, values_);
    EXPECT_EQ(FilesWithoutTimes(files), names_);
    CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointState state,
                               ReadCheckpointState("run", files));
    EXPECT_EQ(state.newest, "ckpt-6");
  };
  for (size_t i = 0; i < content.size(); i += kStride) {
    SCOPED_TRACE(absl::StrCat("byte ", i));
    std::string damaged = content;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
    expect_rebuilt(damaged);
    expect_rebuilt(content.substr(0, i));
  }
}

}  // namespace
}  // namespace cairn
