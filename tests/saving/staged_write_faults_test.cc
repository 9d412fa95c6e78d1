// What is found after a staged write that fails, is killed or meets a power
// cut.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/staged_write.h"
#include "saving/temporary_name.h"
#include "tests/saving/staged_files.h"
#include "tests/support/fault_file_system.h"

namespace cairn {
namespace {

using Repeat = FaultFileSystem::Repeat;

// What is in the folder before the new files are written, and how they are
// written and read.
struct Case {
  const char* name;
  std::string before;
  absl::Status (*write)(FileSystem& files);
  std::string (*read)(FileSystem& files);
};

void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

std::vector<Case> Cases() {
  const auto write_pair = [](FileSystem& files) {
    return WritePair(files, "data-2", "new weights");
  };
  const auto write_one = [](FileSystem& files) {
    return WriteOne(files, "new weights");
  };
  return {{"APair", "none", write_pair, ReadPair},
          {"APairOverAnother", "old weights", write_pair, ReadPair},
          {"OneFile", "none", write_one, ReadOne},
          {"OneFileOverAnother", "old weights", write_one, ReadOne}};
}

class StagedWriteFaultTest : public ::testing::TestWithParam<Case> {
 protected:
  std::unique_ptr<FaultFileSystem> MakeFiles() const {
    auto files = std::make_unique<FaultFileSystem>();
    files->Put("run/notes.txt", "not ours");
    if (GetParam().before == "none") return files;
    if (GetParam().read == ReadPair) {
      files->Put("run/data-1", GetParam().before);
      files->Put(kStagedIndex, absl::StrCat("data-1=", GetParam().before));
    } else {
      files->Put(kStagedIndex, GetParam().before);
    }
    return files;
  }
  // What an undisturbed write does.
  std::vector<std::string> Mutations() const {
    const auto files = MakeFiles();
    EXPECT_EQ(GetParam().write(*files), absl::OkStatus());
    return files->mutations();
  }
  // The number of the one mutation after which the new files count.
  int CommitPoint() const {
    const std::vector<std::string> mutations = Mutations();
    const auto last = std::find_if(
        mutations.rbegin(), mutations.rend(), [](const std::string& mutation) {
          return absl::StartsWith(mutation, "Rename");
        });
    return static_cast<int>(mutations.rend() - last);
  }
  std::string Read(FileSystem& files) const { return GetParam().read(files); }

  // What a next program must be able to do with what it finds.
  void CheckRestart(FaultFileSystem& files) const {
    const std::string found = Read(files);
    const std::vector<std::string> leftovers = TemporaryNames(files);
    const auto removed = RemoveLeftovers(files, "run");
    ASSERT_TRUE(removed.ok()) << removed.status();
    EXPECT_EQ(*removed, leftovers);
    EXPECT_TRUE(TemporaryNames(files).empty());
    EXPECT_EQ(Read(files), found);
    EXPECT_EQ(files.Contents()["run/notes.txt"], "not ours");
    EXPECT_EQ(GetParam().write(files), absl::OkStatus());
    EXPECT_EQ(Read(files), "new weights");
    EXPECT_EQ(Read(*files.AfterPowerCutLosingAll()), "new weights");
  }
};

TEST_P(StagedWriteFaultTest, AnErrorLeavesTheOldOrTheNew) {
  const std::vector<std::string> mutations = Mutations();
  const int last = static_cast<int>(mutations.size());
  for (int number = 1; number <= last; ++number) {
    for (const Repeat repeat : {Repeat::kOnce, Repeat::kFromThenOn}) {
      for (const bool half_written : {false, true}) {
        SCOPED_TRACE(
            absl::StrCat("fails at ", number, ", ", mutations[number - 1]));
        const auto files = MakeFiles();
        files->FailMutation(number, absl::ResourceExhaustedError("full"),
                            repeat, half_written);
        const absl::Status status = GetParam().write(*files);
        EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
        const bool in_place = number > CommitPoint();
        EXPECT_EQ(Read(*files), in_place ? "new weights" : GetParam().before);
        EXPECT_EQ(absl::StrContains(status.message(), "is in place"), in_place)
            << status;
        if (repeat == Repeat::kOnce) {
          EXPECT_TRUE(TemporaryNames(*files).empty());
        }
        CheckRestart(*files->AfterKill());
      }
    }
  }
}

TEST_P(StagedWriteFaultTest, AKillLeavesTheOldOrTheNew) {
  const std::vector<std::string> mutations = Mutations();
  for (size_t number = 0; number <= mutations.size(); ++number) {
    SCOPED_TRACE(absl::StrCat("killed after ", number));
    const auto files = MakeFiles();
    files->StopAfter(static_cast<int>(number));
    EXPECT_EQ(GetParam().write(*files).ok(), number == mutations.size());
    const auto after = files->AfterKill();
    EXPECT_EQ(Read(*after), static_cast<int>(number) >= CommitPoint()
                                ? "new weights"
                                : GetParam().before);
    CheckRestart(*after);
  }
}

TEST_P(StagedWriteFaultTest, APowerCutLeavesTheOldOrTheNew) {
  const std::vector<std::string> mutations = Mutations();
  const int last = static_cast<int>(mutations.size());
  for (int number = 0; number <= last; ++number) {
    SCOPED_TRACE(absl::StrCat("power cut after ", number));
    const auto files = MakeFiles();
    files->StopAfter(number);
    EXPECT_EQ(GetParam().write(*files).ok(), number == last);
    bool old_seen = false, new_seen = false;
    files->ForEachPowerCut(
        [&](FaultFileSystem& after, const std::string& choices) {
          SCOPED_TRACE(choices);
          const std::string found = Read(after);
          EXPECT_TRUE(found == GetParam().before || found == "new weights")
              << found;
          (found == "new weights" ? new_seen : old_seen) = true;
          CheckRestart(after);
        });
    // Only between the commit point and the last sync is either possible.
    EXPECT_EQ(old_seen, number < last);
    EXPECT_EQ(new_seen, number >= CommitPoint());
  }
}

INSTANTIATE_TEST_SUITE_P(, StagedWriteFaultTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST(StagedWriteTest, WithoutSyncAKillIsSafeAndAPowerCutIsNot) {
  std::vector<std::string> mutations;
  for (int number = 0;
       number == 0 || number <= static_cast<int>(mutations.size()); ++number) {
    FaultFileSystem files;
    files.Put("run/data-1", "old");
    files.Put(kStagedIndex, "data-1=old");
    files.StopAfter(number);
    const absl::Status status = WritePair(files, "data-2", "new", false);
    const std::string found = ReadPair(*files.AfterKill());
    EXPECT_EQ(found, status.ok() ? "new" : "old") << "killed after " << number;
    mutations = files.mutations();
    if (!status.ok()) continue;
    for (const std::string& mutation : mutations) {
      EXPECT_FALSE(absl::StrContains(mutation, "Sync")) << mutation;
    }
    int damaged = 0;
    files.ForEachPowerCut([&](FaultFileSystem& after, const std::string&) {
      const std::string left = ReadPair(after);
      damaged += left != "old" && left != "new";
    });
    EXPECT_GT(damaged, 0);
    return;
  }
  FAIL() << "no write came to its end";
}

}  // namespace
}  // namespace cairn
