#include "callbacks/signal_watch.h"

#include <signal.h>

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(SignalWatchTest, TellsEachSignalOnce) {
  SignalWatch watch({SIGUSR1, SIGUSR2});
  EXPECT_EQ(watch.Take(), 0);
  ::raise(SIGUSR2);
  EXPECT_EQ(watch.Take(), SIGUSR2);
  EXPECT_EQ(watch.Take(), 0);
  ::raise(SIGUSR1);
  ::raise(SIGUSR1);
  EXPECT_EQ(watch.Take(), SIGUSR1);
  EXPECT_EQ(watch.Take(), 0);
  EXPECT_EQ(watch.last(), SIGUSR1);
}

TEST(SignalWatchTest, TwoWatchOneSignal) {
  SignalWatch first({SIGUSR1});
  {
    SignalWatch second({SIGUSR1});
    ::raise(SIGUSR1);
    EXPECT_EQ(second.Take(), SIGUSR1);
  }
  EXPECT_EQ(first.Take(), SIGUSR1);
  ::raise(SIGUSR1);
  EXPECT_EQ(first.Take(), SIGUSR1);
}

int handled = 0;

TEST(SignalWatchTest, WhatWasBeforeIsPutBack) {
  struct sigaction ours = {}, before = {};
  ours.sa_handler = [](int) { ++handled; };
  ASSERT_EQ(::sigaction(SIGUSR1, &ours, &before), 0);
  {
    SignalWatch watch({SIGUSR1});
    ::raise(SIGUSR1);
    EXPECT_EQ(watch.Take(), SIGUSR1);
  }
  EXPECT_EQ(handled, 0);
  ::raise(SIGUSR1);
  EXPECT_EQ(handled, 1);
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST(SignalWatchTest, ASignalThatIsIgnoredStaysIgnored) {
  const auto before = ::signal(SIGHUP, SIG_IGN);
  SignalWatch watch({SIGHUP});
  ::raise(SIGHUP);
  EXPECT_EQ(watch.Take(), 0);
  ::signal(SIGHUP, before);
}

TEST(SignalWatchDeathTest, TheSecondSigtermEndsTheProcess) {
  EXPECT_EXIT(
      {
        SignalWatch watch({SIGTERM});
        ::raise(SIGTERM);
        if (watch.Take() == SIGTERM) ::raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace cairn
