#include "core/tensor/aligned_buffer.h"

#include <cstdlib>
#include <cstring>

#include "core/base/check.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace cairn {
namespace {

// Memory that is used for the first time costs about a microsecond for each
// page of 4 KiB, more than to fill it. Large buffers ask for large pages.
constexpr size_t kLargePage = size_t{2} << 20;
constexpr size_t kLargeFrom = 2 * kLargePage;

// `alignment` is a power of two.
AlignedBuffer Allocate(size_t bytes, size_t alignment) {
  const size_t rounded = RoundUpToAlignment(bytes == 0 ? 1 : bytes);
  CAIRN_CHECK(rounded >= bytes);
  const bool is_large = rounded >= kLargeFrom;
  // Not aligned_alloc(), whose size must be a multiple of the alignment.
  void* memory = nullptr;
  CAIRN_CHECK(::posix_memalign(&memory, is_large ? kLargePage : alignment,
                               rounded) == 0);
#if defined(__linux__)
  // Where this is refused, pages are small.
  if (is_large) madvise(memory, rounded, MADV_HUGEPAGE);
#endif
  return AlignedBuffer(static_cast<std::byte*>(memory));
}

}  // namespace

AlignedBuffer MakeAlignedBuffer(size_t bytes) {
  // Not on a page: arrays that begin on one each, and are gone through side by
  // side, get into each other's way in a processor's caches.
  AlignedBuffer buffer = Allocate(bytes, kBufferAlignment);
  std::memset(buffer.get(), 0, RoundUpToAlignment(bytes == 0 ? 1 : bytes));
  return buffer;
}

AlignedBuffer MakeUnsetBuffer(size_t bytes) {
  return Allocate(bytes, bytes >= kOnPageFrom ? kPage : kBufferAlignment);
}

}  // namespace cairn
