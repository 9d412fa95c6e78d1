#include "core/base/philox.h"

#include <cmath>

namespace cairn {
namespace {

constexpr int kRounds = 10;
constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;
constexpr uint32_t kWeyl1 = 0xBB67AE85;

}  // namespace

std::array<uint32_t, 4> Philox(uint64_t key,
                               const std::array<uint32_t, 4>& counter) {
  std::array<uint32_t, 4> x = counter;
  uint32_t key0 = static_cast<uint32_t>(key);
  uint32_t key1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = uint64_t{kMultiplier0} * x[0];
    const uint64_t product1 = uint64_t{kMultiplier1} * x[2];
    x = {static_cast<uint32_t>(product1 >> 32) ^ x[1] ^ key0,
         static_cast<uint32_t>(product1),
         static_cast<uint32_t>(product0 >> 32) ^ x[3] ^ key1,
         static_cast<uint32_t>(product0)};
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  return x;
}

uint64_t StreamKey(uint64_t seed, absl::string_view name) {
  // The name is absorbed block by block; each block is keyed by what came
  // before, so order and length both count.
  uint64_t key = seed;
  for (size_t begin = 0; begin <= name.size(); begin += 8) {
    uint32_t low = 0, high = 0;
    for (size_t i = begin; i < name.size() && i < begin + 8; ++i) {
      const uint32_t byte = static_cast<uint8_t>(name[i]);
      (i < begin + 4 ? low : high) |= byte << (8 * (i % 4));
    }
    const std::array<uint32_t, 4> mixed =
        Philox(key, {low, high, static_cast<uint32_t>(begin),
                     static_cast<uint32_t>(name.size())});
    key = (uint64_t{mixed[1]} << 32) | mixed[0];
  }
  return key;
}

uint32_t RandomStream::NextBits() {
  if (used_ == 4) {
    bits_ = Philox(key_, {static_cast<uint32_t>(block_),
                          static_cast<uint32_t>(block_ >> 32),
                          static_cast<uint32_t>(substream_),
                          static_cast<uint32_t>(substream_ >> 32)});
    ++block_;
    used_ = 0;
  }
  return bits_[used_++];
}

float RandomStream::NextNormal() {
  if (has_normal_) {
    has_normal_ = false;
    return normal_;
  }
  // Box-Muller; in double, so that the tails are exact to float.
  const double u = (static_cast<double>(NextBits()) + 1.0) * 0x1p-32;
  const double angle =
      6.283185307179586476925 * static_cast<double>(NextBits()) * 0x1p-32;
  const double radius = std::sqrt(-2.0 * std::log(u));
  normal_ = static_cast<float>(radius * std::sin(angle));
  has_normal_ = true;
  return static_cast<float>(radius * std::cos(angle));
}

uint64_t RandomStream::NextBelow(uint64_t limit) {
  // Numbers from the incomplete last interval are drawn again.
  const uint64_t bound = UINT64_MAX - UINT64_MAX % limit;
  for (;;) {
    const uint64_t high = NextBits();
    const uint64_t number = (high << 32) | NextBits();
    if (number < bound) return number % limit;
  }
}

}  // namespace cairn
