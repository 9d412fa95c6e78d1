#ifndef CAIRN_SAVING_CODEC_CRC32C_H_
#define CAIRN_SAVING_CODEC_CRC32C_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace cairn {

// CRC-32C (Castagnoli) of `bytes`, going on from `crc`: the value for nothing
// is 0, and Crc32c(b, Crc32c(a)) is that of a and b together.
uint32_t Crc32c(absl::Span<const std::byte> bytes, uint32_t crc = 0);

// That of a and b together, by those of each: Crc32c(b, Crc32c(a)).
uint32_t JoinCrcs(uint32_t crc_a, uint32_t crc_b, uint64_t bytes_of_b);

// What leveldb's and TensorFlow's files store: rotated, and a constant added,
// so that a checksum over checksums is none by accident.
uint32_t MaskCrc(uint32_t crc);
uint32_t UnmaskCrc(uint32_t masked);

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_CRC32C_H_
