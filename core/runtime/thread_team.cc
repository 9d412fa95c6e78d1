#include "core/runtime/thread_team.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "core/runtime/compute_scope.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cairn {
namespace {

using Clock = std::chrono::steady_clock;

// Waking a thread that sleeps costs tens of microseconds, in virtual machines
// more. The pauses within a step are shorter than this.
constexpr auto kSpin = std::chrono::microseconds(60);

void Pause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

int AvailableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    return std::max(1, CPU_COUNT(&set));
  }
  return std::max(1u, std::thread::hardware_concurrency());
}

// Waits until `value` is no longer `old`: first spinning, then asleep.
void WaitWhile(const std::atomic<uint32_t>& value, uint32_t old) {
  const Clock::time_point until = Clock::now() + kSpin;
  do {
    for (int i = 0; i < 32; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      Pause();
    }
  } while (Clock::now() < until);
  while (value.load(std::memory_order_acquire) == old) {
    value.wait(old, std::memory_order_acquire);
  }
}

}  // namespace

// One job at a time. The number of the job and of its next task share one word,
// so a thread that comes late can neither take a task of a job that is over nor
// one of the next job with this one's function.
class ThreadTeam::State {
 public:
  explicit State(int threads) : threads_(threads) {
    for (int i = 1; i < threads; ++i) {
      workers_.emplace_back([this] { Work(); });
    }
  }

  ~State() {
    stop_.store(true, std::memory_order_relaxed);
    job_.fetch_add(1, std::memory_order_release);
    job_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return threads_; }

  void Run(int tasks, void (*run)(void*, int), void* context) {
    const uint32_t job = job_.load(std::memory_order_relaxed) + 1;
    run_.store(run, std::memory_order_relaxed);
    context_.store(context, std::memory_order_relaxed);
    tasks_.store(tasks, std::memory_order_relaxed);
    left_.store(static_cast<uint32_t>(tasks), std::memory_order_relaxed);
    next_.store(uint64_t{job} << 32, std::memory_order_release);
    job_.store(job, std::memory_order_release);
    job_.notify_all();
    TakeTasks(job);
    for (;;) {
      const uint32_t left = left_.load(std::memory_order_acquire);
      if (left == 0) return;
      WaitWhile(left_, left);
    }
  }

 private:
  void Work() {
    const ComputeScope scope;
    uint32_t seen = 0;
    for (;;) {
      WaitWhile(job_, seen);
      seen = job_.load(std::memory_order_acquire);
      if (stop_.load(std::memory_order_relaxed)) return;
      TakeTasks(seen);
    }
  }

  void TakeTasks(uint32_t job) {
    for (;;) {
      uint64_t next = next_.load(std::memory_order_acquire);
      if (next >> 32 != job) return;
      const auto run = run_.load(std::memory_order_relaxed);
      void* const context = context_.load(std::memory_order_relaxed);
      const uint32_t task = static_cast<uint32_t>(next);
      if (task >= static_cast<uint32_t>(
                      tasks_.load(std::memory_order_relaxed))) {
        return;
      }
      // Succeeds only while the job is this one, so what was read belongs to it.
      if (!next_.compare_exchange_weak(next, next + 1,
                                       std::memory_order_acq_rel)) {
        continue;
      }
      run(context, static_cast<int>(task));
      if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        left_.notify_all();
      }
    }
  }

  const int threads_;
  std::vector<std::thread> workers_;
  std::atomic<void (*)(void*, int)> run_{nullptr};
  std::atomic<void*> context_{nullptr};
  std::atomic<int> tasks_{0};
  alignas(64) std::atomic<uint64_t> next_{0};
  alignas(64) std::atomic<uint32_t> left_{0};
  alignas(64) std::atomic<uint32_t> job_{0};
  std::atomic<bool> stop_{false};
};

ThreadTeam::ThreadTeam(int threads)
    : state_(std::make_unique<State>(threads > 0 ? threads
                                                 : AvailableCores())) {}

ThreadTeam::~ThreadTeam() = default;

int ThreadTeam::threads() const { return state_->threads(); }

void ThreadTeam::Run(int tasks, void (*run)(void* context, int task),
                     void* context) {
  if (tasks == 1 || state_->threads() == 1) {
    for (int task = 0; task < tasks; ++task) run(context, task);
    return;
  }
  state_->Run(tasks, run, context);
}

}  // namespace cairn
