#ifndef CAIRN_CORE_RUNTIME_THREAD_TEAM_H_
#define CAIRN_CORE_RUNTIME_THREAD_TEAM_H_

#include <memory>

namespace cairn {

// The caller and `threads - 1` threads of its own, which work on tasks
// together. They wait without spinning for longer than a few microseconds'
// worth of work, so another program on the machine loses nothing to them. Used
// by one thread at a time.
class ThreadTeam {
 public:
  // 0: as many threads as the process may use cores.
  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int threads() const;

  // Threads that sleep take tens of microseconds to begin: for those who have
  // something else to do before a Run() that follows at once.
  void WakeUp();

  // Calls run(context, task) for each task in [0, tasks), once each and on any
  // thread of the team, and returns when all are done. Allocates nothing.
  void Run(int tasks, void (*run)(void* context, int task), void* context);

 private:
  class State;
  const std::unique_ptr<State> state_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_THREAD_TEAM_H_
