#include "core/ops/sum_rows.h"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/ops/sum_rows.cc"
#include "hwy/foreach_target.h"
// Must come after foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// The sums of four vectors' worth of columns, in registers.
void SumFourVectors(const float* in, int64_t rows, int64_t stride, float* out) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  V sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (int64_t row = 0; row < rows; ++row, in += stride) {
    sum0 = hn::Add(sum0, hn::LoadU(d, in));
    sum1 = hn::Add(sum1, hn::LoadU(d, in + lanes));
    sum2 = hn::Add(sum2, hn::LoadU(d, in + 2 * lanes));
    sum3 = hn::Add(sum3, hn::LoadU(d, in + 3 * lanes));
  }
  hn::StoreU(sum0, d, out);
  hn::StoreU(sum1, d, out + lanes);
  hn::StoreU(sum2, d, out + 2 * lanes);
  hn::StoreU(sum3, d, out + 3 * lanes);
}

// The sums of one vector of columns, or of the `count` that are left. Four rows
// at a time, so that one addition need not wait for another.
void SumOneVector(const float* in, int64_t rows, int64_t stride, size_t count,
                  float* out) {
  const D d;
  const auto valid = hn::FirstN(d, count);
  V sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4, in += 4 * stride) {
    sum0 = hn::Add(sum0, hn::MaskedLoad(valid, d, in));
    sum1 = hn::Add(sum1, hn::MaskedLoad(valid, d, in + stride));
    sum2 = hn::Add(sum2, hn::MaskedLoad(valid, d, in + 2 * stride));
    sum3 = hn::Add(sum3, hn::MaskedLoad(valid, d, in + 3 * stride));
  }
  for (; row < rows; ++row, in += stride) {
    sum0 = hn::Add(sum0, hn::MaskedLoad(valid, d, in));
  }
  hn::BlendedStore(hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3)), valid, d,
                   out);
}

void Rows(const float* in, int64_t rows, int64_t stride, int64_t columns,
          float* out) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(D()));
  int64_t c = 0;
  for (; c + 4 * lanes <= columns; c += 4 * lanes) {
    SumFourVectors(in + c, rows, stride, out + c);
  }
  for (; c < columns; c += lanes) {
    const int64_t left = columns - c < lanes ? columns - c : lanes;
    SumOneVector(in + c, rows, stride, static_cast<size_t>(left), out + c);
  }
}

float Elements(const float* in, int64_t count) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  V sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    sum0 = hn::Add(sum0, hn::LoadU(d, in + i));
    sum1 = hn::Add(sum1, hn::LoadU(d, in + i + lanes));
    sum2 = hn::Add(sum2, hn::LoadU(d, in + i + 2 * lanes));
    sum3 = hn::Add(sum3, hn::LoadU(d, in + i + 3 * lanes));
  }
  for (; i < count; i += lanes) {
    const auto valid = hn::FirstN(d, static_cast<size_t>(count - i));
    sum0 = hn::Add(sum0, hn::MaskedLoad(valid, d, in + i));
  }
  return hn::GetLane(
      hn::SumOfLanes(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3))));
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(Rows);
HWY_EXPORT(Elements);

void SumRows(const float* in, int64_t rows, int64_t stride, int64_t columns,
             float* out) {
  HWY_DYNAMIC_DISPATCH(Rows)(in, rows, stride, columns, out);
}

float SumElements(const float* in, int64_t count) {
  return HWY_DYNAMIC_DISPATCH(Elements)(in, count);
}

}  // namespace cairn
#endif  // HWY_ONCE
