// FullExp(), e^x for every float. Included once for each width of vector, by
// the sources that foreach_target.h repeats.

#if defined(CAIRN_CORE_OPS_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CAIRN_CORE_OPS_EXP_INL_H_
#undef CAIRN_CORE_OPS_EXP_INL_H_
#else
#define CAIRN_CORE_OPS_EXP_INL_H_
#endif

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The library's is for numbers up to 104, and makes 0 of a NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V FullExp(D d, V x) {
  const V result = hn::Exp(d, hn::Min(x, hn::Set(d, 89.0f)));
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#endif  // The guard of this width.
