#ifndef CAIRN_CORE_OPS_PHILOX_LANES_H_
#define CAIRN_CORE_OPS_PHILOX_LANES_H_

#include <cstdint>

namespace cairn {

// A part of a stream that begins at a multiple of this many numbers is computed
// in whole vectors.
inline constexpr int64_t kPhiloxLaneNumbers = 64;

// Writes `count` numbers, 0 where a random word is below `threshold`, else
// `scale`. The words are those of Philox() in core/base under `key`, blocks
// {block, counter} from `first_block` on, four a block. May write up to the
// next multiple of 64 bytes. `out` is aligned to 64 bytes.
void PhiloxMask(uint64_t key, uint64_t counter, uint64_t first_block,
                uint32_t threshold, float scale, float* out, int64_t count);

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_PHILOX_LANES_H_
