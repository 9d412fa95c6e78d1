// What is found after a save, a rotation or a start that was stopped anywhere.
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/checkpoint_remains.h"
#include "saving/save.h"
#include "saving/spare_files.h"
#include "saving/temporary_name.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/format_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Repeat = FaultFileSystem::Repeat;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

// The steps of a program that saves one step after another.
struct Progress {
  int acknowledged = 0;
  std::set<int> tried;  // Since then.
};

std::string NumberedPrefix(int step) { return absl::StrCat("run/ckpt-", step); }

// A failure ends nothing: the next save is tried all the same.
absl::Status Save(FileSystem& files, Progress& progress, int step,
                  const std::string& prefix,
                  Overwrite overwrite = Overwrite::kReplace,
                  int64_t shard_bytes = 1 << 30, SpareFiles* spares = nullptr) {
  progress.tried.insert(step);
  CAIRN_RETURN_IF_ERROR(WriteSnapshot(SmallSnapshot(step), prefix,
                                      {.overwrite = overwrite,
                                       .shard_bytes = shard_bytes,
                                       .spares = spares,
                                       .files = &files}));
  progress = {.acknowledged = step};
  return absl::OkStatus();
}

void SaveTwoMore(FileSystem& files, Progress& progress, Overwrite overwrite,
                 int64_t shard_bytes = 1 << 30, SpareFiles* spares = nullptr) {
  for (int i = 0; i < 2; ++i) {
    const int step = progress.tried.empty() ? progress.acknowledged + 1
                                            : *progress.tried.rbegin() + 1;
    // Whether it failed, `progress` knows.
    Save(files, progress, step, "run/ckpt", overwrite, shard_bytes, spares)
        .IgnoreError();
  }
}

// Saves `step` and keeps it and `before` alone, as a callback does.
void SaveAndRotate(FileSystem& files, Progress& progress, int before, int step,
                   SpareFiles* spares = nullptr) {
  if (!Save(files, progress, step, NumberedPrefix(step), Overwrite::kReplace,
            1 << 30, spares)
           .ok()) {
    return;
  }
  if (!WriteCheckpointState("run",
                            {NumberedPrefix(before), NumberedPrefix(step)},
                            {1, 2}, {.spares = spares, .files = &files})
           .ok()) {
    return;
  }
  for (int old = 1; old < before; ++old) {
    // An old one that stays is found and passed over.
    RemoveCheckpoint(NumberedPrefix(old), files, /*sync=*/true, spares)
        .IgnoreError();
  }
}

// What a program does that starts on what another left.
void Resume(FileSystem& files, Progress& progress) {
  if (!RemoveLeftovers(files, "run").ok()) return;
  if (!RemoveRemains("run", NumberedCheckpoints("ckpt-"), files).ok()) return;
  const auto read = ReadNewestCheckpoint("run", files);
  if (!read.ok()) return;
  const int step = static_cast<int>(read->snapshot.save_counter);
  SaveAndRotate(files, progress, step, step + 1);
}

struct Scenario {
  const char* name;
  int saved;  // Before, one after another.
  std::function<std::string(int step)> prefix;
  Overwrite overwrite;
  std::function<void(FileSystem&, Progress&)> run;
};

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

std::vector<Scenario> Scenarios() {
  const auto one = [](int) { return std::string("run/ckpt"); };
  return {{"Fresh", 1, NumberedPrefix, Overwrite::kReplace,
           [](FileSystem& files, Progress& progress) {
             // Whether they failed, `progress` knows.
             Save(files, progress, 2, NumberedPrefix(2)).IgnoreError();
             Save(files, progress, 3, NumberedPrefix(3)).IgnoreError();
           }},
          {"OverOneDataFile", 1, one, Overwrite::kReplace,
           [](FileSystem& files, Progress& progress) {
             SaveTwoMore(files, progress, Overwrite::kReplace);
           }},
          {"OverTwoDataFiles", 2, one, Overwrite::kReplace,
           [](FileSystem& files, Progress& progress) {
             SaveTwoMore(files, progress, Overwrite::kReplace);
           }},
          {"OverOneDataFileWithThree", 1, one, Overwrite::kReplace,
           [](FileSystem& files, Progress& progress) {
             SaveTwoMore(files, progress, Overwrite::kReplace,
                         /*shard_bytes=*/20);
           }},
          {"KeepingABackup", 1, one, Overwrite::kReplace,
           [](FileSystem& files, Progress& progress) {
             SaveTwoMore(files, progress, Overwrite::kKeepBackup);
           }},
          {"KeepingAnotherBackup", 3, one, Overwrite::kKeepBackup,
           [](FileSystem& files, Progress& progress) {
             SaveTwoMore(files, progress, Overwrite::kKeepBackup);
           }},
          {"Rotation", 2, NumberedPrefix, Overwrite::kReplace,
           [](FileSystem& files, Progress& progress) {
             SaveAndRotate(files, progress, 2, 3);
             SaveAndRotate(files, progress, progress.acknowledged, 4);
           }},
          {"OverOneDataFileInSpareRoom", 1, one, Overwrite::kReplace,
           [](FileSystem& files, Progress& progress) {
             SpareFiles spares;
             for (int i = 0; i < 2; ++i) {
               SaveTwoMore(files, progress, Overwrite::kReplace,
                           /*shard_bytes=*/1 << 30, &spares);
             }
           }},
          {"RotationIntoSpareRoom", 2, NumberedPrefix, Overwrite::kReplace,
           [](FileSystem& files, Progress& progress) {
             SpareFiles spares;
             for (const int step : {3, 4, 5}) {
               SaveAndRotate(files, progress, progress.acknowledged, step,
                             &spares);
             }
           }},
          {"Resume", 2, NumberedPrefix, Overwrite::kReplace, Resume}};
}

class CrashStatesTest : public ::testing::TestWithParam<Scenario> {
 protected:
  std::unique_ptr<FaultFileSystem> MakeFiles(Progress* progress) const {
    FaultFileSystem files;
    files.Put("run/notes.txt", "not ours");
    for (int step = 1; step <= GetParam().saved; ++step) {
      EXPECT_TRUE(IsOk(Save(files, *progress, step, GetParam().prefix(step),
                            GetParam().overwrite)));
    }
    return files.AfterPowerCutLosingAll();
  }

  // What a stopped program of another run has left.
  void Litter(FaultFileSystem& files) const {
    files.Put("run/ckpt-7.index.tmp-1", "half");
    files.Put("run/ckpt-7.data-00000-of-00001", "no index");
    files.Put("run/ckpt-8.index", "no data");
    files.Put("run/ckpt-1.data-00000-of-00002", "of an older one");
  }

  void ExpectAcknowledgedOrTried(FaultFileSystem& files,
                                 const Progress& progress) {
    ++states_;
    std::string key = absl::StrCat(progress.acknowledged);
    for (const int step : progress.tried) absl::StrAppend(&key, " ", step);
    for (const auto& [path, content] : files.Contents()) {
      absl::StrAppend(&key, "\n", path, "\n", content.size(), "\n", content);
    }
    if (!met_.insert(key).second) return;
    const auto read = ReadNewestCheckpoint("run", files);
    ASSERT_TRUE(IsOk(read.status()));
    const int step = static_cast<int>(read->snapshot.save_counter);
    EXPECT_TRUE(step == progress.acknowledged || progress.tried.count(step) > 0)
        << "found " << step << ", acknowledged " << progress.acknowledged;
    EXPECT_EQ(DescribeValues(read->snapshot),
              DescribeValues(SmallSnapshot(step)));
    EXPECT_EQ(files.Contents()["run/notes.txt"], "not ours");
    ExpectGoodList(files);
  }

  // TensorFlow believes what the list says.
  void ExpectGoodList(FaultFileSystem& files) {
    const auto list = ReadCheckpointState("run", files);
    if (absl::IsNotFound(list.status())) return;
    ASSERT_TRUE(IsOk(list));
    for (const std::string& name : list->all) {
      EXPECT_TRUE(*files.Exists(absl::StrCat("run/", name, ".index"))) << name;
    }
  }

  // Also that a next program goes on from what it finds, and leaves nothing
  // behind that the first has left.
  void ExpectGoesOn(FaultFileSystem& files, Progress progress) {
    if (GetParam().prefix(1) == GetParam().prefix(2)) return;
    Resume(files, progress);
    ExpectAcknowledgedOrTried(*files.AfterPowerCutLosingAll(), progress);
    EXPECT_TRUE(progress.tried.empty());
    std::set<std::string> indexed, with_data;
    for (const auto& [path, content] : files.Contents()) {
      EXPECT_FALSE(IsTemporaryName(path)) << path;
      const size_t data = path.find(".data-"), index = path.find(".index");
      if (data != std::string::npos) with_data.insert(path.substr(0, data));
      if (index != std::string::npos) indexed.insert(path.substr(0, index));
    }
    EXPECT_EQ(indexed, with_data);
  }

  void CheckAllStates(const FaultFileSystem& files, const Progress& progress) {
    const auto killed = files.AfterKill();
    ExpectAcknowledgedOrTried(*killed, progress);
    ExpectGoesOn(*killed, progress);
    files.ForEachPowerCut(
        [&](FaultFileSystem& after, const std::string& choices) {
          SCOPED_TRACE(choices);
          const size_t met = met_.size();
          ExpectAcknowledgedOrTried(after, progress);
          if (met_.size() > met) ExpectGoesOn(after, progress);
        });
  }

  int64_t states_ = 0;
  std::set<std::string> met_;
};

TEST_P(CrashStatesTest, FindTheLastAcknowledgedOrOneThatWasTriedSince) {
  CaptureStderr();
  const bool littered = std::string(GetParam().name) == "Resume";
  Progress clean_progress;
  const auto clean = MakeFiles(&clean_progress);
  if (littered) Litter(*clean);
  GetParam().run(*clean, clean_progress);
  EXPECT_TRUE(clean_progress.tried.empty());
  EXPECT_GT(clean_progress.acknowledged, GetParam().saved);
  const std::vector<std::string> mutations = clean->mutations();
  const auto check = [&](const std::function<void(FaultFileSystem&)>& disturb) {
    Progress progress;
    const auto files = MakeFiles(&progress);
    if (littered) Litter(*files);
    disturb(*files);
    GetParam().run(*files, progress);
    CheckAllStates(*files, progress);
  };
  for (int number = 0; number <= static_cast<int>(mutations.size()); ++number) {
    SCOPED_TRACE(absl::StrCat("stopped after operation ", number));
    check([&](FaultFileSystem& files) { files.StopAfter(number); });
  }
  for (int number = 1; number <= static_cast<int>(mutations.size()); ++number) {
    for (const Repeat repeat : {Repeat::kOnce, Repeat::kFromThenOn}) {
      for (const bool half : {false, true}) {
        for (const absl::Status& error : {absl::ResourceExhaustedError("full"),
                                          absl::UnavailableError("noise")}) {
          SCOPED_TRACE(absl::StrCat("fails: ", mutations[number - 1], " ",
                                    error.message()));
          check([&](FaultFileSystem& files) {
            files.FailMutation(number, error, repeat, half);
          });
        }
      }
    }
  }
  GetCapturedStderr();
  RecordProperty("states", absl::StrCat(states_));
  RecordProperty("distinct_states", absl::StrCat(met_.size()));
  std::printf("%d operations; %d states tried, %d distinct\n",
              static_cast<int>(mutations.size()), static_cast<int>(states_),
              static_cast<int>(met_.size()));
  EXPECT_GT(states_, 1000);
}

INSTANTIATE_TEST_SUITE_P(, CrashStatesTest, ::testing::ValuesIn(Scenarios()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace cairn
