#include "core/ops/elementwise_function.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/ops/elementwise_function.cc"
#include "hwy/foreach_target.h"
// Must come after foreach_target.h.
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

template <ElementwiseFunction kFunction>
HWY_INLINE V Compute(D d, V a, V b) {
  const V zero = hn::Zero(d);
  const V one = hn::Set(d, 1.0f);
  using enum ElementwiseFunction;
  if constexpr (kFunction == kAdd) return hn::Add(a, b);
  else if constexpr (kFunction == kSub) return hn::Sub(a, b);
  else if constexpr (kFunction == kMul) return hn::Mul(a, b);
  else if constexpr (kFunction == kDiv) return hn::Div(a, b);
  // A NaN in either operand wins.
  else if constexpr (kFunction == kMaximum) {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  } else if constexpr (kFunction == kMinimum) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  } else if constexpr (kFunction == kNeg) return hn::Neg(a);
  else if constexpr (kFunction == kAbs) return hn::Abs(a);
  else if constexpr (kFunction == kSquare) return hn::Mul(a, a);
  else if constexpr (kFunction == kSqrt) return hn::Sqrt(a);
  else if constexpr (kFunction == kRsqrt) return hn::Div(one, hn::Sqrt(a));
  else if constexpr (kFunction == kExp) return hn::Exp(d, a);
  else if constexpr (kFunction == kLog) {
    // The library's is for positive numbers.
    const V result = hn::IfThenElse(hn::Eq(a, zero),
                                    hn::Set(d, -HUGE_VALF), hn::Log(d, a));
    return hn::IfThenElse(hn::Lt(a, zero), hn::NaN(d), result);
  } else if constexpr (kFunction == kRelu) {
    // Lets a NaN through.
    return hn::IfThenElse(hn::Lt(a, zero), zero, a);
  } else if constexpr (kFunction == kReluGrad) {
    return hn::IfThenElseZero(hn::Gt(b, zero), a);
  } else if constexpr (kFunction == kSigmoid) {
    return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(a))));
  } else if constexpr (kFunction == kSigmoidGrad) {
    return hn::Mul(hn::Mul(b, a), hn::Sub(one, a));
  } else if constexpr (kFunction == kTanh) {
    return hn::Tanh(d, a);
  } else {
    static_assert(kFunction == kTanhGrad);
    return hn::Mul(b, hn::Sub(one, hn::Mul(a, a)));
  }
}

template <ElementwiseFunction kFunction>
HWY_NOINLINE void Loop(ElementwiseOperand a, ElementwiseOperand b, float* out,
                       size_t count) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V scalar_a = a.scalar ? hn::Set(d, *a.values) : hn::Zero(d);
  const V scalar_b = b.scalar ? hn::Set(d, *b.values) : hn::Zero(d);
  const bool unary = b.values == nullptr;
  if (!a.scalar && !b.scalar && !unary) {
    for (size_t i = 0; i < count; i += lanes) {
      hn::Store(Compute<kFunction>(d, hn::Load(d, a.values + i),
                                   hn::Load(d, b.values + i)),
                d, out + i);
    }
  } else if (!a.scalar) {
    for (size_t i = 0; i < count; i += lanes) {
      hn::Store(Compute<kFunction>(d, hn::Load(d, a.values + i), scalar_b), d,
                out + i);
    }
  } else if (!b.scalar && !unary) {
    for (size_t i = 0; i < count; i += lanes) {
      hn::Store(Compute<kFunction>(d, scalar_a, hn::Load(d, b.values + i)), d,
                out + i);
    }
  } else {
    const V result = Compute<kFunction>(d, scalar_a, scalar_b);
    for (size_t i = 0; i < count; i += lanes) hn::Store(result, d, out + i);
  }
}

void RunLoop(ElementwiseFunction function, ElementwiseOperand a,
             ElementwiseOperand b, float* out, size_t count) {
  using enum ElementwiseFunction;
  switch (function) {
    case kAdd: return Loop<kAdd>(a, b, out, count);
    case kSub: return Loop<kSub>(a, b, out, count);
    case kMul: return Loop<kMul>(a, b, out, count);
    case kDiv: return Loop<kDiv>(a, b, out, count);
    case kMaximum: return Loop<kMaximum>(a, b, out, count);
    case kMinimum: return Loop<kMinimum>(a, b, out, count);
    case kNeg: return Loop<kNeg>(a, b, out, count);
    case kAbs: return Loop<kAbs>(a, b, out, count);
    case kSquare: return Loop<kSquare>(a, b, out, count);
    case kSqrt: return Loop<kSqrt>(a, b, out, count);
    case kRsqrt: return Loop<kRsqrt>(a, b, out, count);
    case kExp: return Loop<kExp>(a, b, out, count);
    case kLog: return Loop<kLog>(a, b, out, count);
    case kRelu: return Loop<kRelu>(a, b, out, count);
    case kReluGrad: return Loop<kReluGrad>(a, b, out, count);
    case kSigmoid: return Loop<kSigmoid>(a, b, out, count);
    case kSigmoidGrad: return Loop<kSigmoidGrad>(a, b, out, count);
    case kTanh: return Loop<kTanh>(a, b, out, count);
    case kTanhGrad: return Loop<kTanhGrad>(a, b, out, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {
namespace {

HWY_EXPORT(RunLoop);

struct FunctionFacts {
  absl::string_view op;
  ElementwiseFunction function;
  int operands;
};

constexpr FunctionFacts kFacts[] = {
    {"AddV2", ElementwiseFunction::kAdd, 2},
    {"Sub", ElementwiseFunction::kSub, 2},
    {"Mul", ElementwiseFunction::kMul, 2},
    {"RealDiv", ElementwiseFunction::kDiv, 2},
    {"Maximum", ElementwiseFunction::kMaximum, 2},
    {"Minimum", ElementwiseFunction::kMinimum, 2},
    {"Neg", ElementwiseFunction::kNeg, 1},
    {"Abs", ElementwiseFunction::kAbs, 1},
    {"Square", ElementwiseFunction::kSquare, 1},
    {"Sqrt", ElementwiseFunction::kSqrt, 1},
    {"Rsqrt", ElementwiseFunction::kRsqrt, 1},
    {"Exp", ElementwiseFunction::kExp, 1},
    {"Log", ElementwiseFunction::kLog, 1},
    {"Relu", ElementwiseFunction::kRelu, 1},
    {"ReluGrad", ElementwiseFunction::kReluGrad, 2},
    {"Sigmoid", ElementwiseFunction::kSigmoid, 1},
    {"SigmoidGrad", ElementwiseFunction::kSigmoidGrad, 2},
    {"Tanh", ElementwiseFunction::kTanh, 1},
    {"TanhGrad", ElementwiseFunction::kTanhGrad, 2},
};

}  // namespace

std::optional<ElementwiseFunction> FindElementwiseFunction(
    absl::string_view op) {
  for (const FunctionFacts& facts : kFacts) {
    if (facts.op == op) return facts.function;
  }
  return std::nullopt;
}

int OperandCount(ElementwiseFunction function) {
  return kFacts[static_cast<int>(function)].operands;
}

void RunElementwise(ElementwiseFunction function, ElementwiseOperand a,
                    ElementwiseOperand b, float* out, size_t count) {
  HWY_DYNAMIC_DISPATCH(RunLoop)(function, a, b, out, count);
}

}  // namespace cairn
#endif  // HWY_ONCE
