#include "saving/write_pace.h"

#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

// A clock that moves when it is slept by, or by hand.
struct TurnedClock {
  WritePace MakePace(int64_t bytes_per_second) {
    return WritePace(
        bytes_per_second, [this] { return now; },
        [this](absl::Duration duration) {
          now += duration;
          slept += duration;
        });
  }
  absl::Time now = absl::UnixEpoch();
  absl::Duration slept;
};

TEST(WritePaceTest, WaitsForTheTimeThatTheBytesMayTake) {
  TurnedClock clock;
  WritePace pace = clock.MakePace(1000);
  clock.now += absl::Hours(1);  // Nothing was written yet.
  pace.Wrote(500);
  EXPECT_EQ(clock.slept, absl::Milliseconds(500));
  pace.Wrote(1000);
  EXPECT_EQ(clock.slept, absl::Milliseconds(1500));
}

TEST(WritePaceTest, TimeThatWritingTakesIsNotWaitedForAgain) {
  TurnedClock clock;
  WritePace pace = clock.MakePace(1000);
  pace.Wrote(100);
  clock.now += absl::Milliseconds(80);
  pace.Wrote(100);
  EXPECT_EQ(clock.slept, absl::Milliseconds(120));
  clock.now += absl::Seconds(1);
  pace.Wrote(100);
  EXPECT_EQ(clock.slept, absl::Milliseconds(120));
}

TEST(WritePaceTest, PiecesAreSmallBesideASecondAndAtLeastAPage) {
  TurnedClock clock;
  EXPECT_EQ(clock.MakePace(int64_t{20} << 20).piece(), 1 << 20);
  EXPECT_EQ(clock.MakePace(1).piece(), 4096);
}

}  // namespace
}  // namespace cairn
