// A process that is asked to stop, whatever it does at that moment: it ends by
// itself, with the code that says so, its state is saved, and the run that goes
// on ends with the checkpoints of one that nobody stopped.
#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/save.h"
#include "tests/support/program.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr int kStepsPerEpoch = 4, kAllSteps = 12;

// Where the signal comes, and after how many steps the run then ends.
struct Phase {
  std::string name;
  int steps = 0;
  bool within_fit = true;
};

const Phase kPhases[] = {{"train", 6},          {"validate", 8},
                         {"wait", 6},           {"validate_wait", 8},
                         {"save", 5},           {"evaluate", 12, false},
                         {"predict", 12, false}};

std::string Describe(const std::string& prefix) {
  const auto snapshot = ReadSnapshot(prefix, AllParts());
  EXPECT_TRUE(IsOk(snapshot));
  return snapshot.ok() ? DescribeSnapshot(*snapshot) : "";
}

class SignalTest : public testing::Test {
 protected:
  SignalTest() : folder_(testing::TempDir() + "/signal") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    const ProgramResult whole = RunProgram(Words("whole", "none", "callback"));
    EXPECT_EQ(whole.code, 0) << whole.errors;
  }

  std::string Folder(const std::string& name) const {
    return absl::StrCat(folder_, "/", name);
  }
  std::vector<std::string> Words(const std::string& name,
                                 const std::string& phase,
                                 const std::string& by) const {
    return {"tests/integration/signal_run", Folder(name), phase, by};
  }

  void StopAndGoOn(const Phase& phase, const std::string& by, int signal) {
    SCOPED_TRACE(absl::StrCat(phase.name, " by ", by));
    const std::string name = absl::StrCat(phase.name, "_", by);
    Program program(Words(name, phase.name, by));
    ASSERT_TRUE(program.ReadUntil("now\n"));
    program.Signal(signal);
    const ProgramResult stopped = program.Wait();
    EXPECT_EQ(stopped.code, 128 + signal) << stopped.errors;
    // It was not the signal that ended it.
    const std::string expected =
        absl::StrCat("ended after ", phase.steps, " steps, ",
                     phase.within_fit ? "OK" : "CANCELLED", ", newest ",
                     Folder(name), "/ckpt-", phase.steps, "\n");
    EXPECT_TRUE(absl::StrContains(stopped.out, expected)) << stopped.out;

    const ProgramResult resumed = RunProgram(Words(name, "none", by));
    EXPECT_EQ(resumed.code, 0) << resumed.errors;
    EXPECT_TRUE(absl::StrContains(
        resumed.out,
        absl::StrCat("ended after ", kAllSteps - phase.steps, " steps, OK")))
        << resumed.out;
    for (int step = kStepsPerEpoch; step <= kAllSteps; step += kStepsPerEpoch) {
      EXPECT_EQ(Describe(absl::StrCat(Folder(name), "/ckpt-", step)),
                Describe(absl::StrCat(Folder("whole"), "/ckpt-", step)))
          << step;
    }
  }

  const std::string folder_;
};

TEST_F(SignalTest, EveryPhaseEndsSavesAndGoesOn) {
  for (const Phase& phase : kPhases) {
    StopAndGoOn(phase, "callback", SIGTERM);
  }
}

TEST_F(SignalTest, TheCheckpointsOwnTriggerStopsEveryPhaseOfFit) {
  for (const Phase& phase : kPhases) {
    if (phase.within_fit) StopAndGoOn(phase, "trigger", SIGINT);
  }
}

}  // namespace
}  // namespace cairn
