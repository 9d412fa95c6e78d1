#include "core/base/start_thread.h"

#include <pthread.h>
#include <signal.h>

#include "gtest/gtest.h"

namespace cairn {
namespace {

bool TakesSigterm() {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, SIGTERM) == 0;
}

TEST(StartThreadTest, TheThreadTakesNoSignalsAndTheCallerDoes) {
  bool takes = true;
  StartThread([&] { takes = TakesSigterm(); }).join();
  EXPECT_FALSE(takes);
  EXPECT_TRUE(TakesSigterm());
}

}  // namespace
}  // namespace cairn
