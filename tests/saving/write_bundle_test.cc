#include "saving/write_bundle.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "saving/staged_write.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

absl::Status AddOne(BundleWriter& writer) {
  return writer.AddTensor("a", Tensor::Scalar<float>(1));
}

TEST(WriteBundleTest, OneThatIsBeingWrittenIsNotWrittenByAnother) {
  FaultFileSystem files, others;
  const SaveOptions options = {.files = &files};
  absl::Status same, another, elsewhere;
  ASSERT_TRUE(IsOk(WriteBundle("run/x", options, 4, [&](BundleWriter& writer) {
    same = WriteBundle("run/x", options, 4, AddOne);
    another = WriteBundle("run/y", options, 4, AddOne);
    elsewhere = WriteBundle("run/x", {.files = &others}, 4, AddOne);
    return AddOne(writer);
  })));
  EXPECT_TRUE(IsError(same, absl::StatusCode::kFailedPrecondition,
                      {"run/x", "another thread"}));
  EXPECT_TRUE(IsOk(another));
  EXPECT_TRUE(IsOk(elsewhere));
  EXPECT_TRUE(IsOk(VerifySnapshot("run/x", {&files})));
  // And then it is free again.
  EXPECT_TRUE(IsOk(WriteBundle("run/x", options, 4, AddOne)));
}

TEST(WriteBundleTest, SeveralThreadsSaveIntoOneFolder) {
  constexpr int kThreads = 4, kSaves = 25;
  const std::string folder =
      absl::StrCat(testing::TempDir(), "/write_bundle_test");
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&folder, i] {
      const std::string prefix = absl::StrCat(folder, "/model-", i);
      for (int save = 0; save < kSaves; ++save) {
        const SaveOptions options = {.durability = Durability::kNone};
        EXPECT_TRUE(IsOk(WriteSnapshot(SmallSnapshot(save), prefix, options)));
        EXPECT_TRUE(IsOk(WriteCheckpointState(folder, {prefix}, {}, options)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kThreads; ++i) {
    EXPECT_TRUE(IsOk(VerifySnapshot(absl::StrCat(folder, "/model-", i))));
  }
  EXPECT_TRUE(IsOk(LatestCheckpoint(folder).status()));
  const auto leftovers = RemoveLeftovers(FileSystem::Default(), folder);
  EXPECT_TRUE(leftovers.ok() && leftovers->empty());
}

}  // namespace
}  // namespace cairn
