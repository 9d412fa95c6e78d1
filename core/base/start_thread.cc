#include "core/base/start_thread.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace cairn {

std::thread StartThread(std::function<void()> run) {
  // A thread begins with the mask of the one that starts it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(run));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace cairn
