#ifndef CAIRN_CORE_DATA_PERMUTATION_H_
#define CAIRN_CORE_DATA_PERMUTATION_H_

#include <cstdint>

namespace cairn {

// An order of the numbers 0 … count - 1 that follows from a seed and an epoch,
// computed place by place: a Feistel network over the next larger power of
// four, walked until it lands in range (Black and Rogaway, "Ciphers with
// arbitrary finite domains", 2002). No memory, no start-up cost.
class Permutation {
 public:
  // REQUIRES: count >= 0.
  Permutation(uint64_t seed, uint64_t epoch, int64_t count);

  // What stands at `place`. REQUIRES: 0 <= place < count.
  int64_t operator()(int64_t place) const;

 private:
  uint64_t Encrypt(uint64_t x) const;

  const uint64_t count_;
  int half_bits_ = 1;
  uint32_t keys_[6] = {};
};

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_PERMUTATION_H_
