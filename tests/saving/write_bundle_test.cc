#include "saving/write_bundle.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "saving/spare_files.h"
#include "saving/temporary_name.h"
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

// Tensors that begin on a page, and others.
absl::Status AddManySizes(BundleWriter& writer) {
  for (const int64_t size : {1'000'001, 3, 300'000, 70'000, 131'072, 1}) {
    Tensor value = Tensor::Unset({DType::kFloat32, {size}});
    for (int64_t i = 0; i < size; ++i) {
      value.mutable_values<float>()[i] = static_cast<float>(i % 1009 + size);
    }
    const absl::Status status =
        writer.AddTensor(absl::StrCat("t", size), value);
    if (!status.ok()) return status;
  }
  return writer.AddString("text", "text");
}

TEST(WriteBundleTest, ItIsTheSameWhateverRoomItTakesAndPastTheCache) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/same_bytes");
  std::filesystem::remove_all(folder);
  FileSystem& files = FileSystem::Default();
  const auto content = [&](const std::string& name) {
    return absl::StrCat(
        *ReadFile(files, absl::StrCat(folder, "/", name, ".index")),
        *ReadFile(files,
                  absl::StrCat(folder, "/", name, ".data-00000-of-00001"),
                  int64_t{1} << 30));
  };
  ASSERT_TRUE(IsOk(
      WriteBundle(absl::StrCat(folder, "/plain"), {}, 6 << 20, AddManySizes)));
  SpareFiles spares;
  for (const bool bypasses : {false, true}) {
    for (int i = 0; i < 3; ++i) {
      const std::string name = absl::StrCat("x", i);
      ASSERT_TRUE(IsOk(WriteBundle(
          absl::StrCat(folder, "/", name),
          {.read_back = i == 1, .bypass_cache = bypasses, .spares = &spares},
          6 << 20, AddManySizes)));
      EXPECT_TRUE(content(name) == content("plain"));
      ASSERT_TRUE(IsOk(VerifySnapshot(absl::StrCat(folder, "/", name))));
      ASSERT_TRUE(IsOk(RemoveCheckpoint(absl::StrCat(folder, "/", name), files,
                                        /*sync=*/true, &spares)));
    }
  }
}

TEST(WriteBundleTest, WhatTakesSpareRoomHasTheModeOfANewFile) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/spare_modes");
  std::filesystem::remove_all(folder);
  const auto file = [&](const char* name, const char* suffix) {
    return absl::StrCat(folder, "/", name, suffix);
  };
  SpareFiles spares;
  const SaveOptions options = {.spares = &spares};
  ASSERT_TRUE(IsOk(WriteBundle(file("a", ""), options, 4, AddOne)));
  struct stat before = {}, after = {};
  const char* const suffixes[] = {".index", ".data-00000-of-00001"};
  for (const char* suffix : suffixes) {
    ASSERT_EQ(::stat(file("a", suffix).c_str(), &before), 0);
    ASSERT_EQ(::chmod(file("a", suffix).c_str(), 0600), 0);
  }
  ASSERT_TRUE(IsOk(RemoveCheckpoint(file("a", ""), FileSystem::Default(),
                                    /*sync=*/true, &spares)));
  ASSERT_TRUE(IsOk(WriteBundle(file("b", ""), options, 4, AddOne)));
  for (const char* suffix : suffixes) {
    ASSERT_EQ(::stat(file("b", suffix).c_str(), &after), 0);
    EXPECT_EQ(after.st_mode, before.st_mode) << suffix;
  }
}

TEST(WriteBundleTest, WhatReplacesADamagedOneHasItsMode) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/damaged_mode");
  std::filesystem::remove_all(folder);
  const std::string prefix = absl::StrCat(folder, "/a"),
                    index = absl::StrCat(prefix, ".index");
  SpareFiles spares;
  const SaveOptions options = {.spares = &spares};
  ASSERT_TRUE(IsOk(WriteBundle(prefix, options, 4, AddOne)));
  ASSERT_EQ(::chmod(index.c_str(), 0600), 0);
  std::filesystem::resize_file(index, 20);
  ASSERT_TRUE(IsOk(WriteBundle(prefix, options, 4, AddOne)));
  for (const char* suffix : {".index", ".data-00000-of-00001"}) {
    struct stat entry = {};
    ASSERT_EQ(::stat(absl::StrCat(prefix, suffix).c_str(), &entry), 0);
    EXPECT_EQ(entry.st_mode & 07777, 0600) << suffix;
  }
}

TEST(WriteBundleTest, OnAFullDiskWhatOthersKeepIsGivenBack) {
  const auto retire = [](FaultFileSystem& files, SpareFiles& spares) {
    files.Put("run/old-1.data-00000-of-00001", "old");
    files.Put("run/old-1.index", "old");
    EXPECT_TRUE(IsOk(RemoveCheckpoint("run/old-1", files, true, &spares)));
  };
  const auto write = [](FaultFileSystem& files) {
    return WriteBundle("run/x", {.files = &files}, 4, AddOne);
  };
  int append = 0;
  {
    FaultFileSystem files;
    SpareFiles spares;
    retire(files, spares);
    ASSERT_TRUE(IsOk(write(files)));
    const std::vector<std::string> operations = files.mutations();
    while (!absl::StartsWith(operations[append++], "Append")) continue;
  }
  for (const bool keeps : {false, true}) {
    FaultFileSystem files;
    SpareFiles spares;
    if (keeps) retire(files, spares);
    const int before = keeps ? 0 : 3;
    files.FailMutation(append - before, absl::ResourceExhaustedError("full"));
    const absl::Status status = write(files);
    EXPECT_EQ(status.ok(), keeps) << status;
    EXPECT_EQ(absl::IsResourceExhausted(status), !keeps) << status;
    for (const auto& [path, content] : files.Contents()) {
      EXPECT_FALSE(IsTemporaryName(path)) << path;
    }
    EXPECT_FALSE(SpareFiles::GiveBackAll());
  }
}

TEST(WriteBundleTest, WhatAnotherHasLockedIsNotTouched) {
  FaultFileSystem files;
  const SaveOptions options = {.files = &files};
  ASSERT_TRUE(IsOk(WriteBundle("run/x", options, 4, AddOne)));
  const auto before = files.Contents();
  {
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto lock, files.Lock("run/.x.saving"));
    EXPECT_TRUE(IsError(WriteBundle("run/x", options, 4, AddOne),
                        absl::StatusCode::kFailedPrecondition,
                        {"saving run/x", "run/.x.saving"}));
    EXPECT_EQ(files.Contents(), before);
    EXPECT_TRUE(IsOk(WriteBundle("run/y", options, 4, AddOne)));
  }
  EXPECT_TRUE(IsOk(WriteBundle("run/x", options, 4, AddOne)));
}

TEST(WriteBundleTest, OneThatAnotherProgramWritesIsNotWritten) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/two_programs");
  const std::string prefix = absl::StrCat(folder, "/x");
  int begun[2], go_on[2];
  ASSERT_EQ(::pipe(begun), 0);
  ASSERT_EQ(::pipe(go_on), 0);
  const pid_t other = ::fork();
  if (other == 0) {
    ::close(go_on[1]);
    const absl::Status status =
        WriteBundle(prefix, {}, 4, [&](BundleWriter& writer) {
          char byte = 'x';
          // Ends when the parent closes its side, whatever becomes of it.
          if (::write(begun[1], &byte, 1) != 1 ||
              ::read(go_on[0], &byte, 1) != 0) {
            std::_Exit(2);
          }
          return AddOne(writer);
        });
    std::_Exit(status.ok() ? 0 : 1);
  }
  ::close(begun[1]);
  char byte = 0;
  ASSERT_EQ(::read(begun[0], &byte, 1), 1);
  FileSystem& files = FileSystem::Default();
  const auto names = files.List(folder);
  EXPECT_TRUE(IsError(WriteBundle(prefix, {}, 4, AddOne),
                      absl::StatusCode::kFailedPrecondition,
                      {prefix, absl::StrCat("process ", other)}));
  const auto names_after = files.List(folder);
  ::close(go_on[1]);
  int result = -1;
  ASSERT_EQ(::waitpid(other, &result, 0), other);
  EXPECT_EQ(result, 0);
  ASSERT_TRUE(names.ok() && names_after.ok());
  EXPECT_EQ(*names, *names_after);
  EXPECT_TRUE(IsOk(VerifySnapshot(prefix)));
  EXPECT_TRUE(IsOk(WriteBundle(prefix, {}, 4, AddOne)));
  // No lock stays behind.
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto left, files.List(folder));
  EXPECT_EQ(left,
            (std::vector<std::string>{"x.data-00000-of-00002",
                                      "x.data-00001-of-00002", "x.index"}));
}

TEST(WriteBundleTest, WhatWasReservedAndNotFilledIsGivenBack) {
  const std::string prefix = absl::StrCat(testing::TempDir(), "/one_large/x");
  const Tensor large = Tensor::Zeros({DType::kFloat32, {1 << 20}});
  const auto bytes = static_cast<int64_t>(ByteSize(large.spec()));
  // Three data files, of which the first takes all.
  ASSERT_TRUE(IsOk(WriteBundle(
      prefix, {.shard_bytes = bytes / 3 + 1}, bytes,
      [&](BundleWriter& writer) { return writer.AddTensor("a", large); })));
  struct stat entry = {};
  ASSERT_EQ(::stat(BundleDataPath(prefix, 1, 3).c_str(), &entry), 0);
  EXPECT_EQ(entry.st_size, 0);
  EXPECT_LT(entry.st_blocks * 512, bytes / 3);
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
