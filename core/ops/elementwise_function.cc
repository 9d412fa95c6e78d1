#include "core/ops/elementwise_function.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/ops/elementwise_function.cc"
#include "hwy/foreach_target.h"
// Must come after foreach_target.h.
#include "core/ops/elementwise_compute-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

template <ElementwiseFunction kFunction>
HWY_NOINLINE void Loop(const ElementwiseOperand* operands,
                       float* const* outputs, size_t count) {
  float* const out = outputs[0];
  constexpr bool unary = OperandCount(kFunction) == 1;
  const ElementwiseOperand a = operands[0];
  const ElementwiseOperand b = unary ? ElementwiseOperand{} : operands[1];
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V scalar_a = a.scalar ? hn::Set(d, *a.values) : hn::Zero(d);
  const V scalar_b = b.scalar && !unary ? hn::Set(d, *b.values) : hn::Zero(d);
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

template <ElementwiseFunction kFunction>
HWY_NOINLINE void RowLoop(ElementwiseOperand a, ElementwiseOperand b,
                          float* out, size_t count) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const auto compute = [&](size_t i, auto load) {
    const V x = a.scalar ? hn::Set(d, *a.values) : load(a.values + i);
    const V y = b.scalar ? hn::Set(d, *b.values) : load(b.values + i);
    return Compute<kFunction>(d, x, y);
  };
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(compute(i, [&](const float* x) { return hn::LoadU(d, x); }), d,
               out + i);
  }
  if (i == count) return;
  const auto rest = hn::FirstN(d, count - i);
  hn::BlendedStore(
      compute(i, [&](const float* x) { return hn::MaskedLoad(rest, d, x); }),
      rest, d, out + i);
}

ElementwiseLoop FindLoop(ElementwiseFunction function) {
  using enum ElementwiseFunction;
  switch (function) {
    case kAdd:
      return Loop<kAdd>;
    case kSub:
      return Loop<kSub>;
    case kMul:
      return Loop<kMul>;
    case kDiv:
      return Loop<kDiv>;
    case kMaximum:
      return Loop<kMaximum>;
    case kMinimum:
      return Loop<kMinimum>;
    case kNeg:
      return Loop<kNeg>;
    case kAbs:
      return Loop<kAbs>;
    case kSign:
      return Loop<kSign>;
    case kSquare:
      return Loop<kSquare>;
    case kSqrt:
      return Loop<kSqrt>;
    case kRsqrt:
      return Loop<kRsqrt>;
    case kExp:
      return Loop<kExp>;
    case kLog:
      return Loop<kLog>;
    case kRelu:
      return Loop<kRelu>;
    case kReluGrad:
      return Loop<kReluGrad>;
    case kSigmoid:
      return Loop<kSigmoid>;
    case kSigmoidGrad:
      return Loop<kSigmoidGrad>;
    case kTanh:
      return Loop<kTanh>;
    case kTanhGrad:
      return Loop<kTanhGrad>;
  }
  return nullptr;
}

ElementwiseRowLoop FindRowLoop(ElementwiseFunction function) {
  using enum ElementwiseFunction;
  switch (function) {
    case kAdd:
      return RowLoop<kAdd>;
    case kSub:
      return RowLoop<kSub>;
    case kMul:
      return RowLoop<kMul>;
    case kDiv:
      return RowLoop<kDiv>;
    case kMaximum:
      return RowLoop<kMaximum>;
    case kMinimum:
      return RowLoop<kMinimum>;
    default:
      return nullptr;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {
namespace {

HWY_EXPORT(FindLoop);
HWY_EXPORT(FindRowLoop);

struct FunctionName {
  absl::string_view op;
  ElementwiseFunction function;
};

constexpr FunctionName kNames[] = {
    {"AddV2", ElementwiseFunction::kAdd},
    {"Sub", ElementwiseFunction::kSub},
    {"Mul", ElementwiseFunction::kMul},
    {"RealDiv", ElementwiseFunction::kDiv},
    {"Maximum", ElementwiseFunction::kMaximum},
    {"Minimum", ElementwiseFunction::kMinimum},
    {"Neg", ElementwiseFunction::kNeg},
    {"Abs", ElementwiseFunction::kAbs},
    {"Sign", ElementwiseFunction::kSign},
    {"Square", ElementwiseFunction::kSquare},
    {"Sqrt", ElementwiseFunction::kSqrt},
    {"Rsqrt", ElementwiseFunction::kRsqrt},
    {"Exp", ElementwiseFunction::kExp},
    {"Log", ElementwiseFunction::kLog},
    {"Relu", ElementwiseFunction::kRelu},
    {"ReluGrad", ElementwiseFunction::kReluGrad},
    {"Sigmoid", ElementwiseFunction::kSigmoid},
    {"SigmoidGrad", ElementwiseFunction::kSigmoidGrad},
    {"Tanh", ElementwiseFunction::kTanh},
    {"TanhGrad", ElementwiseFunction::kTanhGrad},
};

}  // namespace

std::optional<ElementwiseFunction> FindElementwiseFunction(
    absl::string_view op) {
  for (const FunctionName& name : kNames) {
    if (name.op == op) return name.function;
  }
  return std::nullopt;
}

ElementwiseLoop FindElementwiseLoop(ElementwiseFunction function) {
  return HWY_DYNAMIC_DISPATCH(FindLoop)(function);
}

ElementwiseRowLoop FindElementwiseRowLoop(ElementwiseFunction function) {
  return HWY_DYNAMIC_DISPATCH(FindRowLoop)(function);
}

}  // namespace cairn
#endif  // HWY_ONCE
