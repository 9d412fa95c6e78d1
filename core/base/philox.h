#ifndef CAIRN_CORE_BASE_PHILOX_H_
#define CAIRN_CORE_BASE_PHILOX_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace cairn {

// The counter-based generator Philox4x32-10 of Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3" (2011). Four numbers are a function of a key and
// a counter, so a position is a number and any part of a stream can be computed
// alone.
std::array<uint32_t, 4> Philox(uint64_t key,
                               const std::array<uint32_t, 4>& counter);

// A key for the stream of `name` under `seed`: streams of other names or seeds
// are independent.
uint64_t StreamKey(uint64_t seed, absl::string_view name);

// The number in [0, 1) with the 24 high bits of `bits`.
inline float UniformFloat(uint32_t bits) {
  return static_cast<float>(bits >> 8) * 0x1p-24f;
}

// Numbers of one stream, one after another. Not thread-safe; cheap to make.
class RandomStream {
 public:
  explicit RandomStream(uint64_t key) : key_(key) {}
  // Another, independent part of the same key's numbers, e.g. per sample.
  RandomStream(uint64_t key, uint64_t substream)
      : key_(key), substream_(substream) {}

  uint32_t NextBits();
  // In [0, 1).
  float NextUniform() { return UniformFloat(NextBits()); }
  // Mean 0, deviation 1.
  float NextNormal();
  // Uniform in [0, limit). REQUIRES: limit > 0.
  uint64_t NextBelow(uint64_t limit);

 private:
  uint64_t key_;
  uint64_t substream_ = 0;
  uint64_t block_ = 0;
  int used_ = 4;
  std::array<uint32_t, 4> bits_ = {};
  bool has_normal_ = false;
  float normal_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_PHILOX_H_
