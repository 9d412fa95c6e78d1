#include "tests/support/allocation_guard.h"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "oneapi/dnnl/dnnl.h"

// What the C library's own functions are called beside their usual names.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace cairn {
namespace {

std::atomic<bool> counting{false};
std::atomic<int64_t> allocations{0};
std::atomic<int64_t> primitive_calls{0};
// More than zero while this thread's allocations are excused.
thread_local int excuses = 0;

void Count() {
  if (counting.load(std::memory_order_relaxed) && excuses == 0) {
    allocations.fetch_add(1, std::memory_order_relaxed);
  }
}

using ExecutePrimitive = dnnl_status_t (*)(const_dnnl_primitive_t,
                                           dnnl_stream_t, int,
                                           const dnnl_exec_arg_t*);

ExecutePrimitive LibrarysExecute() {
  static const ExecutePrimitive execute = reinterpret_cast<ExecutePrimitive>(
      dlsym(RTLD_NEXT, "dnnl_primitive_execute"));
  return execute;
}

}  // namespace

AllocationGuard::AllocationGuard() {
  allocations = 0;
  primitive_calls = 0;
  counting = true;
}

AllocationGuard::~AllocationGuard() { counting = false; }

int64_t AllocationGuard::count() const { return allocations; }

int64_t AllocationGuard::excused_calls() const { return primitive_calls; }

}  // namespace cairn

// The program's definitions come before those of the shared libraries.
extern "C" {

void* malloc(size_t size) {
  cairn::Count();
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  cairn::Count();
  return __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) {
  cairn::Count();
  return __libc_realloc(memory, size);
}

void* memalign(size_t alignment, size_t size) {
  cairn::Count();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  cairn::Count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
  cairn::Count();
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr && size > 0 ? ENOMEM : 0;
}

dnnl_status_t DNNL_API
dnnl_primitive_execute(const_dnnl_primitive_t primitive, dnnl_stream_t stream,
                       int count, const dnnl_exec_arg_t* arguments) {
  ++cairn::excuses;
  const dnnl_status_t status =
      cairn::LibrarysExecute()(primitive, stream, count, arguments);
  --cairn::excuses;
  cairn::primitive_calls.fetch_add(1, std::memory_order_relaxed);
  return status;
}

}  // extern "C"
