// Runs that are killed at random moments, whatever triggers their saves and
// whether they wait for them. What a run was told is in place is there after
// the kill, and the run that goes on ends with the state of an unbroken one.
//
// CRASH_KILLS in the environment says how many kills: 50 unless it does.
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "tests/support/program.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr const char* kTriggers[] = {"epochs", "steps",   "seconds",
                                     "given",  "best",    "budget",
                                     "signal", "request", "mixed"};

// All that the newest checkpoint of a folder says.
std::string NewestState(const std::string& folder) {
  const auto read = ReadNewestCheckpoint(folder);
  EXPECT_TRUE(IsOk(read));
  return read.ok() ? DescribeSnapshot(read->snapshot) : "";
}

// The step of the newest good checkpoint, 0 if there is none.
int64_t NewestStep(const std::string& folder) {
  if (!std::filesystem::exists(folder)) return 0;
  const auto prefix = LatestCheckpoint(folder);
  if (!prefix.ok()) return 0;
  int64_t step = 0;
  EXPECT_TRUE(absl::SimpleAtoi(prefix->substr(prefix->rfind('-') + 1), &step));
  return step;
}

// The last step that a run said was saved, 0 if it said none.
int64_t LastAcknowledged(const std::string& out) {
  int64_t last = 0;
  for (absl::string_view line : absl::StrSplit(out, '\n')) {
    int64_t step = 0;
    if (absl::ConsumePrefix(&line, "saved ") && absl::SimpleAtoi(line, &step)) {
      last = std::max(last, step);
    }
  }
  return last;
}

class CrashTest : public testing::Test {
 protected:
  CrashTest() : folder_(testing::TempDir() + "/crash") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  std::vector<std::string> Words(const std::string& directory,
                                 const std::string& trigger,
                                 const std::string& mode) const {
    return {"tests/integration/crash_run",
            absl::StrCat(folder_, "/", directory), trigger, mode};
  }

  // Kills a run after a random part of `whole`, which may be after its end.
  ProgramResult RunAndKill(const std::vector<std::string>& words,
                           absl::Duration whole) {
    std::uniform_real_distribution<double> part(0, 1);
    Program program(words);
    const absl::Duration until = whole * part(random_);
    const absl::Duration before = until * part(random_);
    program.ReadFor(before);
    if (words[2] == "signal" || words[2] == "mixed") program.Signal(SIGUSR1);
    if (words[2] == "request") std::ofstream(words[1] + ".save-now").put('\n');
    program.ReadFor(until - before);
    program.Signal(SIGKILL);
    return program.Wait();
  }

  // Kills runs of one kind so often, and adds to the figures.
  void KillRuns(const std::string& trigger, const std::string& mode,
                int kills) {
    SCOPED_TRACE(absl::StrCat(trigger, " ", mode));
    const std::string kind = absl::StrCat(trigger, "-", mode);
    const absl::Time begin = absl::Now();
    const auto unbroken =
        RunProgram(Words(absl::StrCat(kind, "-whole"), trigger, mode));
    ASSERT_EQ(unbroken.code, 0) << unbroken.errors;
    const absl::Duration whole = absl::Now() - begin;
    const std::string expected =
        NewestState(absl::StrCat(folder_, "/", kind, "-whole"));
    ASSERT_FALSE(expected.empty());

    int runs = 0;
    while (kills > 0) {
      // A run that comes to its end is compared, and another one begun.
      const std::string directory = absl::StrCat(kind, "-", ++runs);
      const std::string path = absl::StrCat(folder_, "/", directory);
      const auto words = Words(directory, trigger, mode);
      int64_t acknowledged = 0;
      while (kills > 0) {
        const ProgramResult result = RunAndKill(words, whole);
        // A signal that comes before the run listens kills it too.
        ASSERT_TRUE(result.code == 128 + SIGKILL ||
                    result.code == 128 + SIGUSR1 || result.code == 0)
            << result.code << result.errors;
        acknowledged = std::max(acknowledged, LastAcknowledged(result.out));
        const int64_t found = NewestStep(path);
        EXPECT_GE(found, acknowledged)
            << "a save that was acknowledged is lost";
        if (found < acknowledged) ++lost_;
        if (result.code == 0) break;
        --kills;
        ++killed_;
        if (acknowledged > 0) ++with_acknowledged_;
        resumed_from_.insert(found);
      }
      const auto last = RunProgram(words);
      ASSERT_EQ(last.code, 0) << last.errors;
      // A kill may come between the last save and the end of the process.
      EXPECT_TRUE(last.errors.empty() ||
                  absl::StrContains(last.errors, "the run is finished"))
          << last.errors;
      EXPECT_TRUE(NewestState(path) == expected)
          << "the state at the end differs from that of an unbroken run";
      std::filesystem::remove_all(path);
    }
  }

  const std::string folder_;
  std::mt19937 random_;
  int killed_ = 0, with_acknowledged_ = 0, lost_ = 0;
  std::set<int64_t> resumed_from_;
};

TEST_F(CrashTest, WhatWasAcknowledgedIsThereAndTheEndIsThatOfAnUnbrokenRun) {
  int kills = 50;
  if (const char* const text = std::getenv("CRASH_KILLS")) {
    ASSERT_TRUE(absl::SimpleAtoi(text, &kills)) << text;
  }
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("moments from seed ", seed));
  random_.seed(seed);
  int kinds = static_cast<int>(2 * std::size(kTriggers));
  for (const char* trigger : kTriggers) {
    for (const char* mode : {"sync", "async"}) {
      const int here = (kills - killed_ + kinds - 1) / kinds;
      --kinds;
      KillRuns(trigger, mode, here);
      if (HasFatalFailure()) return;
    }
  }
  std::printf(
      "%d kills, %d of them after a save was acknowledged, %d lost; went on "
      "from %d different steps\n",
      killed_, with_acknowledged_, lost_,
      static_cast<int>(resumed_from_.size()));
  EXPECT_EQ(killed_, kills);
  EXPECT_GT(with_acknowledged_, 0);
}

}  // namespace
}  // namespace cairn
