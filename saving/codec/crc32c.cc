#include "saving/codec/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace cairn {
namespace {

constexpr uint32_t kMaskDelta = 0xa282ead8;
// The library counts in int.
constexpr size_t kMostAtOnce = size_t{1} << 30;

}  // namespace

uint32_t Crc32c(absl::Span<const std::byte> bytes, uint32_t crc) {
  while (!bytes.empty()) {
    const size_t count = std::min(bytes.size(), kMostAtOnce);
    // It writes nothing through its pointer, and leaves both inversions to us.
    auto* data = const_cast<unsigned char*>(
        reinterpret_cast<const unsigned char*>(bytes.data()));
    crc = ~crc32_iscsi(data, static_cast<int>(count), ~crc);
    bytes.remove_prefix(count);
  }
  return crc;
}

uint32_t MaskCrc(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + kMaskDelta;
}

uint32_t UnmaskCrc(uint32_t masked) {
  const uint32_t rotated = masked - kMaskDelta;
  return (rotated >> 17) | (rotated << 15);
}

}  // namespace cairn
