// Compute<kFunction>(): one vector of an elementwise function. Included once
// for each width of vector, by the sources that foreach_target.h repeats.

#if defined(CAIRN_CORE_OPS_ELEMENTWISE_COMPUTE_INL_H_) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef CAIRN_CORE_OPS_ELEMENTWISE_COMPUTE_INL_H_
#undef CAIRN_CORE_OPS_ELEMENTWISE_COMPUTE_INL_H_
#else
#define CAIRN_CORE_OPS_ELEMENTWISE_COMPUTE_INL_H_
#endif

#include <cmath>

#include "core/ops/elementwise_function.h"
#include "core/ops/exp-inl.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <ElementwiseFunction kFunction, class D, class V = hn::Vec<D>>
HWY_INLINE V Compute(D d, V a, V b) {
  const V zero = hn::Zero(d);
  const V one = hn::Set(d, 1.0f);
  using enum ElementwiseFunction;
  if constexpr (kFunction == kAdd)
    return hn::Add(a, b);
  else if constexpr (kFunction == kSub)
    return hn::Sub(a, b);
  else if constexpr (kFunction == kMul)
    return hn::Mul(a, b);
  else if constexpr (kFunction == kDiv)
    return hn::Div(a, b);
  // A NaN in either operand wins.
  else if constexpr (kFunction == kMaximum) {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  } else if constexpr (kFunction == kMinimum) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  } else if constexpr (kFunction == kNeg)
    return hn::Neg(a);
  else if constexpr (kFunction == kAbs)
    return hn::Abs(a);
  else if constexpr (kFunction == kSign) {
    // Zero and NaN are their own.
    const V sign = hn::Or(one, hn::And(hn::SignBit(d), a));
    return hn::IfThenElse(hn::Ne(hn::Abs(a), zero),
                          hn::IfThenElse(hn::IsNaN(a), a, sign), a);
  } else if constexpr (kFunction == kSquare)
    return hn::Mul(a, a);
  else if constexpr (kFunction == kSqrt)
    return hn::Sqrt(a);
  else if constexpr (kFunction == kRsqrt)
    return hn::Div(one, hn::Sqrt(a));
  else if constexpr (kFunction == kExp)
    return FullExp(d, a);
  else if constexpr (kFunction == kLog) {
    // The library's is for positive, finite numbers.
    const V infinity = hn::Set(d, HUGE_VALF);
    const V finite =
        hn::IfThenElse(hn::Eq(a, zero), hn::Neg(infinity), hn::Log(d, a));
    const V positive = hn::IfThenElse(hn::Eq(a, infinity), infinity, finite);
    return hn::IfThenElse(hn::Ge(a, zero), positive, hn::NaN(d));
  } else if constexpr (kFunction == kRelu) {
    // Lets a NaN through.
    return hn::IfThenElse(hn::Lt(a, zero), zero, a);
  } else if constexpr (kFunction == kReluGrad) {
    return hn::IfThenElseZero(hn::Gt(b, zero), a);
  } else if constexpr (kFunction == kSigmoid) {
    return hn::Div(one, hn::Add(one, FullExp(d, hn::Neg(a))));
  } else if constexpr (kFunction == kSigmoidGrad) {
    return hn::Mul(hn::Mul(b, a), hn::Sub(one, a));
  } else if constexpr (kFunction == kTanh) {
    return hn::IfThenElse(hn::IsNaN(a), a, hn::Tanh(d, a));
  } else {
    static_assert(kFunction == kTanhGrad);
    return hn::Mul(b, hn::Sub(one, hn::Mul(a, a)));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#endif  // The guard of this width.
