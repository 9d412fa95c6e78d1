#include "core/runtime/thread_team.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

// Runs a function object on the team.
template <typename Function>
void RunOn(ThreadTeam& team, int tasks, Function function) {
  team.Run(
      tasks,
      [](void* context, int task) { (*static_cast<Function*>(context))(task); },
      &function);
}

TEST(ThreadTeamTest, EveryTaskRunsOnce) {
  for (const int threads : {1, 2, 3, 5}) {
    ThreadTeam team(threads);
    EXPECT_EQ(team.threads(), threads);
    for (const int tasks : {0, 1, 2, 3, 16, 1000}) {
      std::vector<std::atomic<int>> runs(tasks);
      RunOn(team, tasks, [&](int task) { ++runs[task]; });
      for (int task = 0; task < tasks; ++task) {
        EXPECT_EQ(runs[task], 1) << task << " of " << tasks;
      }
    }
  }
}

TEST(ThreadTeamTest, WhatTasksWroteIsSeenAfterwards) {
  ThreadTeam team(3);
  // Plain memory: a race or a run that returns early shows, here or to TSan.
  std::vector<int64_t> values(16, 0);
  for (int turn = 1; turn <= 2000; ++turn) {
    RunOn(team, 16, [&](int task) { values[task] += task; });
    for (int task = 0; task < 16; ++task) {
      ASSERT_EQ(values[task], int64_t{turn} * task);
    }
  }
}

TEST(ThreadTeamTest, JobsOfChangingLengthDoNotMix) {
  ThreadTeam team(2);
  for (int turn = 0; turn < 3000; ++turn) {
    const int tasks = 1 + turn % 5;
    std::atomic<int> sum{0};
    RunOn(team, tasks, [&](int task) { sum += task + 1; });
    ASSERT_EQ(sum, tasks * (tasks + 1) / 2);
  }
}

TEST(ThreadTeamTest, ATeamThatIsWokenUpGoesOnAsBefore) {
  for (const int threads : {1, 3}) {
    ThreadTeam team(threads);
    team.WakeUp();
    for (int turn = 0; turn < 1000; ++turn) {
      std::atomic<int> sum{0};
      RunOn(team, 4, [&](int task) { sum += task + 1; });
      ASSERT_EQ(sum, 10);
      team.WakeUp();
      if (turn % 7 == 0) team.WakeUp();
    }
  }
}

TEST(ThreadTeamTest, ThreadsWorkAtTheSameTime) {
  ThreadTeam team(2);
  std::mutex mutex;
  std::condition_variable changed;
  int arrived = 0;
  std::set<std::thread::id> threads;
  // Neither task ends before both have begun.
  RunOn(team, 2, [&](int) {
    std::unique_lock<std::mutex> lock(mutex);
    threads.insert(std::this_thread::get_id());
    ++arrived;
    changed.notify_all();
    changed.wait(lock, [&] { return arrived == 2; });
  });
  EXPECT_EQ(threads.size(), 2);
}

TEST(ThreadTeamTest, OneThreadRunsTasksInOrderOnTheCaller) {
  ThreadTeam team(1);
  std::vector<int> order;
  RunOn(team, 4, [&](int task) { order.push_back(task); });
  EXPECT_EQ(order, std::vector<int>({0, 1, 2, 3}));
}

TEST(ThreadTeamTest, ZeroMeansTheCoresThatMayBeUsed) {
  const ThreadTeam team(0);
  EXPECT_GE(team.threads(), 1);
}

TEST(ThreadTeamTest, ATeamThatNeverWorkedEnds) {
  for (int i = 0; i < 20; ++i) ThreadTeam(3);
}

}  // namespace
}  // namespace cairn
