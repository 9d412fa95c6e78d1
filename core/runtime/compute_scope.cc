#include "core/runtime/compute_scope.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Of the OpenMP runtime that oneDNN links; its header needs a compiler option.
extern "C" {
int omp_get_max_threads();
void omp_set_num_threads(int threads);
}

namespace cairn {
namespace {

#if defined(__x86_64__)
// Flush-to-zero and denormals-are-zero.
constexpr unsigned kFlush = 0x8040;
unsigned GetFloatMode() { return _mm_getcsr(); }
void SetFloatMode(unsigned mode) { _mm_setcsr(mode); }
#elif defined(__aarch64__)
constexpr unsigned kFlush = 1u << 24;
unsigned GetFloatMode() {
  unsigned long mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return static_cast<unsigned>(mode);
}
void SetFloatMode(unsigned mode) {
  const unsigned long wide = mode;
  __asm__ volatile("msr fpcr, %0" ::"r"(wide));
}
#else
constexpr unsigned kFlush = 0;
unsigned GetFloatMode() { return 0; }
void SetFloatMode(unsigned) {}
#endif

// All but those that a thread's own instructions raise.
sigset_t SignalsThatCanWait() {
  sigset_t signals;
  sigfillset(&signals);
  constexpr int kOwn[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
  for (const int own : kOwn) sigdelset(&signals, own);
  return signals;
}

}  // namespace

ComputeScope::ComputeScope()
    : openmp_threads_(omp_get_max_threads()), float_mode_(GetFloatMode()) {
  const sigset_t waiting = SignalsThatCanWait();
  pthread_sigmask(SIG_BLOCK, &waiting, &signal_mask_);
  SetFloatMode(float_mode_ | kFlush);
  omp_set_num_threads(1);
}

ComputeScope::~ComputeScope() {
  omp_set_num_threads(openmp_threads_);
  SetFloatMode(float_mode_);
  pthread_sigmask(SIG_SETMASK, &signal_mask_, nullptr);
}

}  // namespace cairn
