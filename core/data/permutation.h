#ifndef CAIRN_CORE_DATA_PERMUTATION_H_
#define CAIRN_CORE_DATA_PERMUTATION_H_

#include <array>
#include <cstdint>

namespace cairn {

// An order of the numbers 0 … count - 1 that follows from a seed and an epoch.
// Each place is computed alone, so there is no memory and no start-up cost.
class Permutation {
 public:
  // REQUIRES: count >= 0.
  Permutation(uint64_t seed, uint64_t epoch, int64_t count);

  // What stands at `place`. REQUIRES: 0 <= place < count.
  int64_t operator()(int64_t place) const;

 private:
  static constexpr int kRounds = 12;

  const uint64_t count_;
  // The sides of a grid that holds `count_` cells and few more.
  uint64_t rows_ = 1, columns_ = 1;
  std::array<uint64_t, kRounds> keys_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_PERMUTATION_H_
