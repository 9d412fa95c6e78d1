#include "saving/write_pace.h"

#include <functional>

#include "gtest/gtest.h"

namespace cairn {
namespace {

// A clock that moves when it is slept by, or by hand.
struct TurnedClock {
  std::function<absl::Time()> reader() {
    return [this] { return now; };
  }
  std::function<void(absl::Duration)> sleeper() {
    return [this](absl::Duration duration) {
      now += duration;
      slept += duration;
    };
  }
  absl::Time now = absl::UnixEpoch();
  absl::Duration slept;
};

TEST(WritePaceTest, WaitsForTheTimeThatTheBytesMayTake) {
  TurnedClock clock;
  WritePace pace(1000, clock.reader(), clock.sleeper());
  clock.now += absl::Hours(1);  // Nothing was written yet.
  pace.Wrote(500);
  EXPECT_EQ(clock.slept, absl::Milliseconds(500));
  pace.Wrote(1000);
  EXPECT_EQ(clock.slept, absl::Milliseconds(1500));
}

TEST(WritePaceTest, TimeThatWritingTakesIsNotWaitedForAgain) {
  TurnedClock clock;
  WritePace pace(1000, clock.reader(), clock.sleeper());
  pace.Wrote(100);
  clock.now += absl::Milliseconds(80);
  pace.Wrote(100);
  EXPECT_EQ(clock.slept, absl::Milliseconds(120));
  clock.now += absl::Seconds(1);
  pace.Wrote(100);
  EXPECT_EQ(clock.slept, absl::Milliseconds(120));
}

TEST(WritePaceTest, PiecesAreSmallBesideASecondAndAtLeastAPage) {
  EXPECT_EQ(WritePace(int64_t{20} << 20).piece(), 1 << 20);
  EXPECT_EQ(WritePace(1).piece(), 4096);
}

}  // namespace
}  // namespace cairn
