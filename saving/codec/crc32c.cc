#include "saving/codec/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace cairn {
namespace {

constexpr uint32_t kMaskDelta = 0xa282ead8;
// The library counts in int.
constexpr size_t kMostAtOnce = size_t{1} << 30;

// A checksum is a polynomial over the integers modulo 2: its lowest bit is the
// coefficient of x^31, its highest that of 1. This is Castagnoli's without its
// x^32.
constexpr uint32_t kPolynomial = 0x82f63b78;
constexpr uint32_t kOne = uint32_t{1} << 31;

// Modulo Castagnoli's.
uint32_t Multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = kOne; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1) != 0 ? (b >> 1) ^ kPolynomial : b >> 1;
  }
  return product;
}

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

uint32_t JoinCrcs(uint32_t crc_a, uint32_t crc_b, uint64_t bytes_of_b) {
  // Each bit of b that follows multiplies what came before it by x. The powers
  // are x^8, of a byte, and its squares.
  uint32_t power = kOne >> 8;
  for (uint64_t bytes = bytes_of_b; bytes != 0; bytes >>= 1) {
    if ((bytes & 1) != 0) crc_a = Multiply(crc_a, power);
    power = Multiply(power, power);
  }
  return crc_a ^ crc_b;
}

uint32_t MaskCrc(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + kMaskDelta;
}

uint32_t UnmaskCrc(uint32_t masked) {
  const uint32_t rotated = masked - kMaskDelta;
  return (rotated >> 17) | (rotated << 15);
}

}  // namespace cairn
