#include "core/data/permutation.h"

#include "core/base/philox.h"

namespace cairn {

Permutation::Permutation(uint64_t seed, uint64_t epoch, int64_t count)
    : count_(static_cast<uint64_t>(count)) {
  while ((uint64_t{1} << (2 * half_bits_)) < count_) ++half_bits_;
  RandomStream stream(StreamKey(seed, "shuffle"), epoch);
  for (uint32_t& key : keys_) key = stream.NextBits();
}

uint64_t Permutation::Encrypt(uint64_t x) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = x >> half_bits_;
  uint64_t right = x & mask;
  for (const uint32_t key : keys_) {
    // A mixer of 64 bits (the finalizer of MurmurHash3) as the round function.
    uint64_t f = right + (uint64_t{key} << 32) + key;
    f = (f ^ (f >> 33)) * 0xff51afd7ed558ccdULL;
    f = (f ^ (f >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    f ^= f >> 33;
    const uint64_t next = left ^ (f & mask);
    left = right;
    right = next;
  }
  return (left << half_bits_) | right;
}

int64_t Permutation::operator()(int64_t place) const {
  uint64_t x = static_cast<uint64_t>(place);
  do {
    x = Encrypt(x);
  } while (x >= count_);
  return static_cast<int64_t>(x);
}

}  // namespace cairn
