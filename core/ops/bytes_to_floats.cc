#include "core/ops/bytes_to_floats.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/ops/bytes_to_floats.cc"
#include "hwy/foreach_target.h"
// Must come after foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void Convert(const uint8_t* in, float* out, int64_t count) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<int32_t, decltype(d)> words;
  const hn::Rebind<uint8_t, decltype(d)> bytes;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto wide = hn::PromoteTo(words, hn::LoadU(bytes, in + i));
    hn::StoreU(hn::ConvertTo(d, wide), d, out + i);
  }
  for (; i < count; ++i) out[i] = in[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(Convert);

void BytesToFloats(const uint8_t* in, float* out, int64_t count) {
  HWY_DYNAMIC_DISPATCH(Convert)(in, out, count);
}

}  // namespace cairn
#endif  // HWY_ONCE
