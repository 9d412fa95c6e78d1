#include "core/runtime/run_in_parallel.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "core/base/mutex.h"
#include "core/base/start_thread.h"

namespace cairn {
namespace {

constexpr int64_t kMostThreads = 4;

// What the threads share. One that begins late may find the call over.
class Job {
 public:
  Job(int64_t tasks, absl::FunctionRef<absl::Status(int64_t)> run)
      : tasks_(tasks), run_(run) {}

  void Work() {
    for (;;) {
      const int64_t task = Take();
      if (task < 0) return;
      Finish(task, run_(task));
    }
  }

  // Waits for the tasks that others took.
  absl::Status Wait() {
    MutexLock lock(mutex_);
    while (running_ > 0) changed_.wait(mutex_);
    return status_;
  }

 private:
  // -1: none is left.
  int64_t Take() {
    MutexLock lock(mutex_);
    if (next_ == tasks_ || !status_.ok()) return -1;
    ++running_;
    return next_++;
  }

  // Lower tasks were taken before this one, so that their errors come here too.
  void Finish(int64_t task, const absl::Status& status) {
    MutexLock lock(mutex_);
    if (!status.ok() && (status_.ok() || task < failed_task_)) {
      failed_task_ = task;
      status_ = status;
    }
    if (--running_ == 0) changed_.notify_all();
  }

  const int64_t tasks_;
  const absl::FunctionRef<absl::Status(int64_t)> run_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  int64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t failed_task_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status RunInParallel(int64_t tasks,
                           absl::FunctionRef<absl::Status(int64_t)> run) {
  const auto job = std::make_shared<Job>(tasks, run);
  const int64_t threads =
      std::min({tasks, kMostThreads,
                static_cast<int64_t>(std::thread::hardware_concurrency())});
  for (int64_t i = 1; i < threads; ++i) {
    // Not joined: on a busy machine it may begin when all is long done.
    StartThread([job] { job->Work(); }).detach();
  }
  job->Work();
  return job->Wait();
}

}  // namespace cairn
