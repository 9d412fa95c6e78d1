#ifndef CAIRN_CORE_TENSOR_ALIGNED_BUFFER_H_
#define CAIRN_CORE_TENSOR_ALIGNED_BUFFER_H_

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace cairn {

// Every buffer starts at a multiple of this: a cache line, and the widest
// vector.
inline constexpr size_t kBufferAlignment = 64;

// What is read from files and written to them begins on a page if it has half a
// megabyte or more.
inline constexpr size_t kPage = 4096;
inline constexpr size_t kOnPageFrom = 128 * kPage;

constexpr size_t RoundUp(size_t bytes, size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}
constexpr size_t RoundUpToAlignment(size_t bytes) {
  return RoundUp(bytes, kBufferAlignment);
}

struct FreeBuffer {
  void operator()(std::byte* bytes) const { std::free(bytes); }
};
using AlignedBuffer = std::unique_ptr<std::byte[], FreeBuffer>;

// At least `bytes` bytes, zeroed, aligned, and readable up to the next multiple
// of the alignment. Out of memory ends the process.
AlignedBuffer MakeAlignedBuffer(size_t bytes);
// The same, but what is in it is not known, and from kOnPageFrom on it begins
// on a page.
AlignedBuffer MakeUnsetBuffer(size_t bytes);

}  // namespace cairn

#endif  // CAIRN_CORE_TENSOR_ALIGNED_BUFFER_H_
