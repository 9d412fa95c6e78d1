#include "callbacks/stop_on_signal.h"

#include <signal.h>

#include <atomic>

#include "absl/status/status.h"

namespace cairn {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};

// A handler can reach nothing else. Lock-free, as a handler needs it.
std::atomic<int> arrived_signal = 0;
std::atomic<bool> in_place = false;
struct sigaction before[2];

void OnSignal(int signal) { arrived_signal = signal; }

}  // namespace

absl::Status StopOnSignal::OnTrainBegin(TrainingSession&) {
  signal_ = 0;
  if (in_place.exchange(true)) {
    return absl::FailedPreconditionError(
        "another StopOnSignal is in place in this process; use one at a time");
  }
  arrived_signal = 0;
  installed_ = true;
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  // The second time the signal does what it does without us: it ends the
  // process. What was begun, a read or a write, goes on.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  for (int i = 0; i < 2; ++i) {
    sigaction(kSignals[i], &action, &before[i]);
    // Who started us, nohup for one, wants it to do nothing.
    if (before[i].sa_handler == SIG_IGN) {
      sigaction(kSignals[i], &before[i], nullptr);
    }
  }
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnTrainBatchEnd(TrainingSession& session,
                                           const Logs&) {
  if (arrived_signal != 0) {
    signal_ = arrived_signal;
    session.RequestStop();
  }
  return absl::OkStatus();
}

absl::Status StopOnSignal::OnTrainEnd(TrainingSession&, const Logs&) {
  if (installed_) signal_ = arrived_signal;
  PutBack();
  return absl::OkStatus();
}

StopOnSignal::~StopOnSignal() { PutBack(); }

void StopOnSignal::PutBack() {
  if (!installed_) return;
  for (int i = 0; i < 2; ++i) sigaction(kSignals[i], &before[i], nullptr);
  installed_ = false;
  in_place = false;
}

}  // namespace cairn
