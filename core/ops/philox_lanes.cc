#include "core/ops/philox_lanes.h"

#include <algorithm>
#include <array>

#include "core/base/philox.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/ops/philox_lanes.cc"
#include "hwy/foreach_target.h"
// Must come after foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void Mask(uint64_t key, uint64_t counter, uint64_t first_block,
          uint32_t threshold, float scale, float* out, int64_t count) {
  for (int64_t i = 0; i < count; i += 4) {
    const uint64_t block = first_block + static_cast<uint64_t>(i / 4);
    const std::array<uint32_t, 4> words = Philox(
        key,
        {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
         static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32)});
    for (int64_t k = 0; k < 4 && i + k < count; ++k) {
      out[i + k] = words[k] < threshold ? 0.0f : scale;
    }
  }
}

#else

using D32 = hn::ScalableTag<uint32_t>;
using D64 = hn::ScalableTag<uint64_t>;
using V32 = hn::Vec<D32>;

// The halves of the 64-bit products of all lanes.
HWY_INLINE void MulWide(V32 x, V32 multiplier, V32& high, V32& low) {
  const D32 d;
  const D64 wide;
  const auto even = hn::MulEven(x, multiplier);
  const auto odd = hn::MulEven(
      hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, x))), multiplier);
  const auto low_mask = hn::Set(wide, uint64_t{0xFFFFFFFF});
  high = hn::BitCast(
      d, hn::Or(hn::ShiftRight<32>(even), hn::AndNot(low_mask, odd)));
  low = hn::BitCast(d, hn::Or(hn::And(even, low_mask), hn::ShiftLeft<32>(odd)));
}

void Mask(uint64_t key, uint64_t counter, uint64_t first_block,
          uint32_t threshold, float scale, float* out, int64_t count) {
  const D32 d;
  const hn::ScalableTag<float> df;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const V32 multiplier0 = hn::Set(d, 0xD2511F53u);
  const V32 multiplier1 = hn::Set(d, 0xCD9E8D57u);
  const V32 limit = hn::Set(d, threshold);
  const auto kept = hn::Set(df, scale);
  HWY_ALIGN float staged[4 * HWY_MAX_BYTES / sizeof(float)];
  // Each turn computes `lanes` blocks, four numbers each.
  for (int64_t i = 0; i < count; i += 4 * lanes) {
    const uint64_t block = first_block + static_cast<uint64_t>(i / 4);
    const V32 low_index =
        hn::Add(hn::Iota(d, 0), hn::Set(d, static_cast<uint32_t>(block)));
    V32 x0 = low_index;
    // Blocks of one turn start at a multiple of their number, so the low word
    // does not overflow within it.
    V32 x1 = hn::Set(d, static_cast<uint32_t>(block >> 32));
    V32 x2 = hn::Set(d, static_cast<uint32_t>(counter));
    V32 x3 = hn::Set(d, static_cast<uint32_t>(counter >> 32));
    uint32_t key0 = static_cast<uint32_t>(key);
    uint32_t key1 = static_cast<uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
      V32 high0, low0, high1, low1;
      MulWide(x0, multiplier0, high0, low0);
      MulWide(x2, multiplier1, high1, low1);
      x0 = hn::Xor(hn::Xor(high1, x1), hn::Set(d, key0));
      x2 = hn::Xor(hn::Xor(high0, x3), hn::Set(d, key1));
      x1 = low1;
      x3 = low0;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    const auto select = [&](V32 x) {
      return hn::IfThenZeroElse(hn::RebindMask(df, hn::Gt(limit, x)), kept);
    };
    hn::StoreInterleaved4(select(x0), select(x1), select(x2), select(x3), df,
                          i + 4 * lanes <= count ? out + i : staged);
    if (i + 4 * lanes > count) {
      std::copy(staged, staged + (count - i), out + i);
    }
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(Mask);

void PhiloxMask(uint64_t key, uint64_t counter, uint64_t first_block,
                uint32_t threshold, float scale, float* out, int64_t count) {
  HWY_DYNAMIC_DISPATCH(Mask)
  (key, counter, first_block, threshold, scale, out, count);
}

}  // namespace cairn
#endif  // HWY_ONCE
