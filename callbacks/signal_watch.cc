#include "callbacks/signal_watch.h"

#include <signal.h>

#include <array>
#include <atomic>

#include "absl/base/thread_annotations.h"
#include "core/base/mutex.h"

namespace cairn {
namespace {

// A handler can reach nothing else. Lock-free, as a handler needs it.
std::array<std::atomic<int>, NSIG> arrivals;
static_assert(std::atomic<int>::is_always_lock_free);

void OnArrival(int signal) { ++arrivals[static_cast<size_t>(signal)]; }

// Whose handlers are in place.
class Handlers {
 public:
  void Add(int signal) {
    MutexLock lock(mutex_);
    if (watchers_[signal]++ > 0) return;
    struct sigaction action = {};
    action.sa_handler = OnArrival;
    sigemptyset(&action.sa_mask);
    // What was begun, a read or a write, goes on.
    action.sa_flags = SA_RESTART;
    // The second time the signal ends the process.
    if (signal == SIGINT || signal == SIGTERM) {
      action.sa_flags |= static_cast<int>(SA_RESETHAND);
    }
    struct sigaction& before = before_[signal];
    sigaction(signal, &action, &before);
    // Who started us, nohup for one, wants it to do nothing.
    if (before.sa_handler == SIG_IGN) sigaction(signal, &before, nullptr);
  }

  void Remove(int signal) {
    MutexLock lock(mutex_);
    if (--watchers_[signal] > 0) return;
    sigaction(signal, &before_[signal], nullptr);
    arrivals[static_cast<size_t>(signal)] = 0;
  }

 private:
  Mutex mutex_;
  std::map<int, int> watchers_ ABSL_GUARDED_BY(mutex_);
  std::map<int, struct sigaction> before_ ABSL_GUARDED_BY(mutex_);
};

Handlers& TheHandlers() {
  static auto* const handlers = new Handlers();
  return *handlers;
}

}  // namespace

SignalWatch::SignalWatch(const std::vector<int64_t>& signals) {
  for (const int64_t number : signals) {
    const int signal = static_cast<int>(number);
    const auto [at, is_new] = seen_.emplace(signal, 0);
    if (!is_new) continue;
    TheHandlers().Add(signal);
    at->second = arrivals[static_cast<size_t>(signal)];
  }
}

SignalWatch::~SignalWatch() {
  for (const auto& [signal, seen] : seen_) TheHandlers().Remove(signal);
}

int SignalWatch::Take() {
  for (auto& [signal, seen] : seen_) {
    const int count = arrivals[static_cast<size_t>(signal)];
    if (count == seen) continue;
    seen = count;
    return last_ = signal;
  }
  return 0;
}

}  // namespace cairn
