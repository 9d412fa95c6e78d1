#include "core/runtime/thread_team.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <thread>
#include <vector>

#include "core/base/check.h"
#include "core/base/start_thread.h"
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

// A job: its number and the tasks that nobody took yet, [front, back), in one
// word. A thread takes a task by changing the word. It fails when the job is
// over, since all its tasks are then taken, and the function it read belongs to
// the job while the word is unchanged.
struct JobWord {
  static constexpr int kMaxTasks = 0xffff;
  static uint64_t Open(uint32_t job, int tasks) {
    return uint64_t{job} << 32 | static_cast<uint64_t>(tasks);
  }
  static uint32_t job(uint64_t word) {
    return static_cast<uint32_t>(word >> 32);
  }
  static int front(uint64_t word) {
    return static_cast<int>(word >> 16 & 0xffff);
  }
  static int back(uint64_t word) { return static_cast<int>(word & 0xffff); }
  static uint64_t WithoutFront(uint64_t word) {
    return word + (uint64_t{1} << 16);
  }
  static uint64_t WithoutBack(uint64_t word) { return word - 1; }
};

class ThreadTeam::State {
 public:
  explicit State(int threads) : threads_(threads), ready_(threads - 1) {
    for (int i = 1; i < threads; ++i) {
      workers_.push_back(
          StartThread([this, i] { Work(/*from_back=*/i % 2 == 1); }));
    }
    // What a thread allocates to begin with belongs to no step.
    ready_.wait();
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
    left_.store(static_cast<uint32_t>(tasks), std::memory_order_relaxed);
    word_.store(JobWord::Open(job, tasks), std::memory_order_release);
    job_.store(job, std::memory_order_release);
    job_.notify_all();
    TakeTasks(job, /*from_back=*/false);
    for (;;) {
      const uint32_t left = left_.load(std::memory_order_acquire);
      if (left == 0) return;
      WaitWhile(left_, left);
    }
  }

 private:
  void Work(bool from_back) {
    const ComputeScope scope;
    ready_.count_down();
    uint32_t seen = 0;
    for (;;) {
      WaitWhile(job_, seen);
      seen = job_.load(std::memory_order_acquire);
      if (stop_.load(std::memory_order_relaxed)) return;
      TakeTasks(seen, from_back);
    }
  }

  // Half of the threads begin at the other end. So a part of the data mostly
  // stays with one core from kernel to kernel and from step to step, and yet
  // whoever is done first goes on with what is left.
  void TakeTasks(uint32_t job, bool from_back) {
    uint64_t word = word_.load(std::memory_order_acquire);
    while (JobWord::job(word) == job &&
           JobWord::front(word) < JobWord::back(word)) {
      const auto run = run_.load(std::memory_order_relaxed);
      void* const context = context_.load(std::memory_order_relaxed);
      const int task =
          from_back ? JobWord::back(word) - 1 : JobWord::front(word);
      // On failure `word` is read anew.
      if (!word_.compare_exchange_weak(word,
                                       from_back ? JobWord::WithoutBack(word)
                                                 : JobWord::WithoutFront(word),
                                       std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
        continue;
      }
      run(context, task);
      if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        left_.notify_all();
      }
      word = word_.load(std::memory_order_acquire);
    }
  }

  const int threads_;
  std::latch ready_;
  std::vector<std::thread> workers_;
  std::atomic<void (*)(void*, int)> run_{nullptr};
  std::atomic<void*> context_{nullptr};
  alignas(64) std::atomic<uint64_t> word_{0};
  alignas(64) std::atomic<uint32_t> left_{0};
  alignas(64) std::atomic<uint32_t> job_{0};
  std::atomic<bool> stop_{false};
};

ThreadTeam::ThreadTeam(int threads)
    : state_(
          std::make_unique<State>(threads > 0 ? threads : AvailableCores())) {}

ThreadTeam::~ThreadTeam() = default;

int ThreadTeam::threads() const { return state_->threads(); }

void ThreadTeam::WakeUp() {
  // A job of no tasks. Whoever wakes up for it looks out for the next.
  if (state_->threads() > 1) state_->Run(0, nullptr, nullptr);
}

void ThreadTeam::Run(int tasks, void (*run)(void* context, int task),
                     void* context) {
  if (tasks == 1 || state_->threads() == 1) {
    for (int task = 0; task < tasks; ++task) run(context, task);
    return;
  }
  CAIRN_CHECK(tasks <= JobWord::kMaxTasks);
  state_->Run(tasks, run, context);
}

}  // namespace cairn
