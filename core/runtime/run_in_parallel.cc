#include "core/runtime/run_in_parallel.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "core/base/mutex.h"

namespace cairn {
namespace {

constexpr int64_t kMostThreads = 4;

class Job {
 public:
  Job(int64_t tasks, absl::FunctionRef<absl::Status(int64_t)> run)
      : tasks_(tasks), run_(run) {}

  void Work() {
    while (!failed_.load(std::memory_order_relaxed)) {
      const int64_t task = next_.fetch_add(1, std::memory_order_relaxed);
      if (task >= tasks_) return;
      const absl::Status status = run_(task);
      if (!status.ok()) Fail(task, status);
    }
  }

  absl::Status status() const {
    MutexLock lock(mutex_);
    return status_;
  }

 private:
  // Lower tasks were taken before this one, so that their errors come here too.
  void Fail(int64_t task, const absl::Status& status) {
    failed_.store(true, std::memory_order_relaxed);
    MutexLock lock(mutex_);
    if (!status_.ok() && failed_task_ < task) return;
    failed_task_ = task;
    status_ = status;
  }

  const int64_t tasks_;
  const absl::FunctionRef<absl::Status(int64_t)> run_;
  std::atomic<int64_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  mutable Mutex mutex_;
  int64_t failed_task_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status RunInParallel(int64_t tasks,
                           absl::FunctionRef<absl::Status(int64_t)> run) {
  Job job(tasks, run);
  const int64_t threads =
      std::min({tasks, kMostThreads,
                static_cast<int64_t>(std::thread::hardware_concurrency())});
  std::vector<std::thread> others;
  if (threads > 1) {
    // Signals go to the program's own threads: a handler of its own may expect
    // to run there.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int64_t i = 1; i < threads; ++i) {
      others.emplace_back([&job] { job.Work(); });
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  job.Work();
  for (std::thread& other : others) other.join();
  return job.status();
}

}  // namespace cairn
