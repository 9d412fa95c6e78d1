// A process that saves ten thousand times is as large at the end as near the
// beginning.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "cairn.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr int64_t kSaves = 10000;
// The allocator's and the file system's caches are full by then.
constexpr int64_t kSettled = 2000;

int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * ::getpagesize();
}

int64_t OpenFiles() {
  int64_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    count += entry.path().empty() ? 0 : 1;
  }
  return count;
}

// Looks at the process after some steps.
class Look : public StatelessCallback {
 public:
  absl::string_view class_name() const override { return "Look"; }
  absl::Status OnTrainBatchEnd(TrainingSession& session, const Logs&) override {
    if (session.step() == kSettled) {
      settled_bytes = ResidentBytes();
      settled_files = OpenFiles();
    }
    if (session.step() == kSaves) {
      bytes = ResidentBytes();
      files = OpenFiles();
    }
    return absl::OkStatus();
  }

  int64_t settled_bytes = 0, settled_files = 0, bytes = 0, files = 0;
};

class ManySavesTest : public testing::TestWithParam<bool> {};

TEST_P(ManySavesTest, MemoryAndOpenFilesDoNotGrow) {
  const std::string folder =
      absl::StrCat(testing::TempDir(), "/many_saves_", GetParam());
  std::filesystem::remove_all(folder);
  Sequential model;
  model.Add<InputLayer>({.shape = {16}});
  model.Add<Dense>({.units = 64, .activation = "relu"});
  model.Add<Dense>({.units = 4, .activation = "softmax"});
  ASSERT_TRUE(IsOk(model.Compile({.optimizer = "adam",
                                  .loss = "sparse_categorical_crossentropy",
                                  .threads = 1})));
  ModelCheckpoint checkpoint({.directory = folder,
                              .every = EverySteps(1),
                              .keep_last = 3,
                              .asynchronous = GetParam(),
                              .save = {.durability = Durability::kNone}});
  Look look;
  const Tensor x = Tensor::Zeros({DType::kFloat32, {kSaves, 16}});
  const Tensor y = Tensor::Zeros({DType::kInt32, {kSaves}});
  ASSERT_TRUE(IsOk(model.Fit(x, y,
                             {.epochs = 1,
                              .batch_size = 1,
                              .verbose = 0,
                              .callbacks = {&look, &checkpoint}})));
  EXPECT_EQ(checkpoint.totals().saved, kSaves);
  EXPECT_EQ(checkpoint.checkpoints().size(), 3u);
  std::printf(
      "resident after %d saves %.2f MB, after %d saves %.2f MB; open "
      "files %d and %d\n",
      static_cast<int>(kSettled), look.settled_bytes / 1e6,
      static_cast<int>(kSaves), look.bytes / 1e6,
      static_cast<int>(look.settled_files), static_cast<int>(look.files));
  // What one save leaked, even a few bytes, would show eight thousand times.
  EXPECT_LE(look.bytes - look.settled_bytes, 512 << 10);
  // One may be open in the background at either moment.
  EXPECT_LE(look.files, look.settled_files + (GetParam() ? 3 : 0));
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Modes, ManySavesTest, testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "InTheBackground" : "Waiting";
                         });

}  // namespace
}  // namespace cairn
