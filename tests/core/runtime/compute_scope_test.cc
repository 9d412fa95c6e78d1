#include "core/runtime/compute_scope.h"

#include <signal.h>

#include <limits>

#include "gtest/gtest.h"

namespace cairn {
namespace {

// Half of the least normal number, as the machine computes it now.
float HalfOfLeast() {
  const volatile float least = std::numeric_limits<float>::min();
  const volatile float half = 0.5f;
  return least * half;
}

TEST(ComputeScopeTest, DenormalNumbersAreZeroWithinAndAsBeforeAfter) {
  EXPECT_GT(HalfOfLeast(), 0);
  {
    const ComputeScope outer;
    EXPECT_EQ(HalfOfLeast(), 0);
    {
      const ComputeScope inner;
      EXPECT_EQ(HalfOfLeast(), 0);
    }
    EXPECT_EQ(HalfOfLeast(), 0);
  }
  EXPECT_GT(HalfOfLeast(), 0);
}

volatile sig_atomic_t signals_seen = 0;
void CountSignal(int) { signals_seen = signals_seen + 1; }

TEST(ComputeScopeTest, ASignalWaitsForTheEnd) {
  signals_seen = 0;
  struct sigaction action = {}, before;
  action.sa_handler = CountSignal;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  {
    const ComputeScope outer;
    {
      const ComputeScope inner;
      raise(SIGUSR1);
    }
    EXPECT_EQ(signals_seen, 0);
  }
  EXPECT_EQ(signals_seen, 1);
  raise(SIGUSR1);
  EXPECT_EQ(signals_seen, 2);
  sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace cairn
