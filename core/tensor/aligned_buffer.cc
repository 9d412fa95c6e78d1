#include "core/tensor/aligned_buffer.h"

#include <cstring>

#include "core/base/check.h"

namespace cairn {

AlignedBuffer MakeAlignedBuffer(size_t bytes) {
  AlignedBuffer buffer = MakeUnsetBuffer(bytes);
  std::memset(buffer.get(), 0, RoundUpToAlignment(bytes == 0 ? 1 : bytes));
  return buffer;
}

AlignedBuffer MakeUnsetBuffer(size_t bytes) {
  const size_t rounded = RoundUpToAlignment(bytes == 0 ? 1 : bytes);
  CAIRN_CHECK(rounded >= bytes);
  auto* memory =
      static_cast<std::byte*>(std::aligned_alloc(kBufferAlignment, rounded));
  CAIRN_CHECK(memory != nullptr);
  return AlignedBuffer(memory);
}

}  // namespace cairn
