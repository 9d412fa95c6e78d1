// A run that is killed at random moments, each time run again, ends with the
// files of one that was not.
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/support/program.h"

namespace cairn {
namespace {

constexpr int kKills = 10;

std::map<std::string, std::string> BundleFiles(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name == "checkpoint") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[name].assign(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

struct Variant {
  std::string name;
  std::vector<std::string> flags;
};

class KillTest : public testing::TestWithParam<Variant> {
 protected:
  KillTest() {
    std::string name =
        testing::UnitTest::GetInstance()->current_test_info()->name();
    for (char& c : name) {
      if (c == '/') c = '_';
    }
    folder_ = testing::TempDir() + "/" + name;
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  // 3 epochs of 32 steps.
  std::vector<std::string> Words(const std::string& directory) const {
    std::vector<std::string> words = {
        "examples/mnist", "--limit=1024", "--batch_size=32", "--epochs=3",
        absl::StrCat("--checkpoint_dir=", folder_, "/", directory)};
    words.insert(words.end(), GetParam().flags.begin(), GetParam().flags.end());
    return words;
  }

  std::string folder_;
};

TEST_P(KillTest, EndsWithTheFilesOfAnUnbrokenRun) {
  const absl::Time begin = absl::Now();
  ASSERT_EQ(RunProgram(Words("whole")).code, 0);
  const absl::Duration whole = absl::Now() - begin;
  const auto expected = BundleFiles(folder_ + "/whole");
  ASSERT_FALSE(expected.empty());

  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("moments from seed ", seed));
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> part_of_run(0, 0.8);
  int kills = 0;
  while (kills < kKills) {
    // A run that comes to its end is compared, and another one begun: how long
    // the unbroken one took says little on a machine that does more besides.
    std::filesystem::remove_all(folder_ + "/killed");
    for (int code = -1; code != 0 && kills < kKills;) {
      Program program(Words("killed"));
      program.ReadFor(whole * part_of_run(random));
      program.Signal(SIGKILL);
      const ProgramResult result = program.Wait();
      code = result.code;
      ASSERT_TRUE(code == 128 + SIGKILL || code == 0) << code << result.errors;
      if (code != 0) ++kills;
    }
    const ProgramResult last = RunProgram(Words("killed"));
    ASSERT_EQ(last.code, 0) << last.errors;
    // A kill may come between the last save and the end of the process.
    EXPECT_TRUE(last.errors.empty() ||
                absl::StrContains(last.errors, "the run is finished"))
        << last.errors;
    const auto found = BundleFiles(folder_ + "/killed");
    for (const auto& [name, bytes] : expected) {
      const auto file = found.find(name);
      ASSERT_NE(file, found.end()) << name;
      EXPECT_TRUE(file->second == bytes) << name << " differs";
    }
    for (const auto& [name, bytes] : found) {
      EXPECT_EQ(expected.count(name), 1u) << name << " was left behind";
    }
  }
}

const Variant kVariants[] = {
    {"SavedEachEpoch", {}},
    {"WithOneThread", {"--threads=1"}},
    // Of five, the usual number, a line on standard error would speak.
    {"SavedEverySevenSteps", {"--save_every_steps=7", "--keep=4"}},
    {"OfConvolutions", {"--model=cnn"}},
};

INSTANTIATE_TEST_SUITE_P(Runs, KillTest, testing::ValuesIn(kVariants),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace cairn
