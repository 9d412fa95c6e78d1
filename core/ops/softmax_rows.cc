#include "core/ops/softmax_rows.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/ops/softmax_rows.cc"
#include "hwy/foreach_target.h"
// Must come after foreach_target.h.
#include "core/ops/exp-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

float Row(const float* in, float* out, int64_t classes) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto lowest = hn::Set(d, -HUGE_VALF);
  // `valid` is all lanes but in the last vector of the row.
  const auto load = [&](int64_t i) {
    const auto valid = hn::FirstN(d, static_cast<size_t>(classes - i));
    return hn::IfThenElse(valid, hn::MaskedLoad(valid, d, in + i), lowest);
  };
  auto maxima = lowest;
  for (int64_t i = 0; i < classes; i += lanes) {
    maxima = hn::Max(maxima, load(i));
  }
  const auto max = hn::MaxOfLanes(d, maxima);
  auto sums = hn::Zero(d);
  for (int64_t i = 0; i < classes; i += lanes) {
    const auto valid = hn::FirstN(d, static_cast<size_t>(classes - i));
    const auto e = hn::IfThenElseZero(valid, FullExp(d, hn::Sub(load(i), max)));
    sums = hn::Add(sums, e);
    hn::BlendedStore(e, valid, d, out + i);
  }
  const auto sum = hn::SumOfLanes(d, sums);
  for (int64_t i = 0; i < classes; i += lanes) {
    const auto valid = hn::FirstN(d, static_cast<size_t>(classes - i));
    const auto e = hn::MaskedLoad(valid, d, out + i);
    hn::BlendedStore(hn::Div(e, sum), valid, d, out + i);
  }
  return hn::GetLane(max) + std::log(hn::GetLane(sum));
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(Row);

float SoftmaxRow(const float* in, float* out, int64_t classes) {
  return HWY_DYNAMIC_DISPATCH(Row)(in, out, classes);
}

}  // namespace cairn
#endif  // HWY_ONCE
