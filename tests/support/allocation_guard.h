#ifndef CAIRN_TESTS_SUPPORT_ALLOCATION_GUARD_H_
#define CAIRN_TESTS_SUPPORT_ALLOCATION_GUARD_H_

#include <cstdint>

namespace cairn {

// While one lives, every allocation of the process is counted, on any thread:
// malloc and its relatives, hence operator new. What oneDNN allocates within
// dnnl_primitive_execute() is its own business and not counted. One at a time.
//
// Linking this replaces malloc, so such a test cannot be built for a sanitizer
// that replaces it too: tag it "no_asan".
class AllocationGuard {
 public:
  AllocationGuard();
  ~AllocationGuard();
  AllocationGuard(const AllocationGuard&) = delete;
  AllocationGuard& operator=(const AllocationGuard&) = delete;

  // The allocations since the guard was made.
  int64_t count() const;
  // How often dnnl_primitive_execute() was called since: a test sees that the
  // calls it excuses took place.
  int64_t excused_calls() const;
};

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_ALLOCATION_GUARD_H_
