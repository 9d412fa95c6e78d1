#ifndef CAIRN_CORE_RUNTIME_COMPUTE_SCOPE_H_
#define CAIRN_CORE_RUNTIME_COMPUTE_SCOPE_H_

#include <signal.h>

namespace cairn {

// While one lives, its thread computes as Cairn does: denormal numbers are
// zero, which keeps the speed of a long run and makes the bits independent of
// the caller's mode, and OpenMP, with which oneDNN is built, makes no threads
// of its own. Signals wait: a handler that ran while oneDNN multiplied matrices
// was seen to corrupt the heap, into which the stack pointer then seems to
// point. The destructor puts the caller's settings back and lets them come.
class ComputeScope {
 public:
  ComputeScope();
  ~ComputeScope();
  ComputeScope(const ComputeScope&) = delete;
  ComputeScope& operator=(const ComputeScope&) = delete;

 private:
  const int openmp_threads_;
  const unsigned float_mode_;
  sigset_t signal_mask_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_COMPUTE_SCOPE_H_
