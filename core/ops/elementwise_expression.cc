#include "core/ops/elementwise_expression.h"

#include <utility>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/ops/elementwise_expression.cc"
#include "hwy/foreach_target.h"
// Must come after foreach_target.h.
#include "core/ops/elementwise_compute-inl.h"
#include "hwy/highway.h"

#ifndef CAIRN_CORE_OPS_ELEMENTWISE_EXPRESSION_TEXTS_
#define CAIRN_CORE_OPS_ELEMENTWISE_EXPRESSION_TEXTS_
namespace cairn {

// An expression as a template's argument.
template <size_t kSize>
struct ExpressionText {
  constexpr ExpressionText(const char (&text)[kSize]) {
    for (size_t i = 0; i < kSize; ++i) symbols[i] = text[i];
  }
  static constexpr int size() { return static_cast<int>(kSize) - 1; }
  constexpr int statements() const {
    int count = 1;
    for (int i = 0; i < size(); ++i) count += symbols[i] == ';';
    return count;
  }
  // The last symbol of a statement.
  constexpr int End(int statement) const {
    int i = 0;
    for (; i < size(); ++i) {
      if (symbols[i] == ';' && statement-- == 0) break;
    }
    return i - 1;
  }
  // Where the operand that ends at `end` begins.
  constexpr int Begin(int end) const {
    int missing = 1;
    for (int i = end;; --i) {
      const auto function = FunctionOfSymbol(symbols[i]);
      missing += function.has_value() ? OperandCount(*function) - 1 : -1;
      if (missing == 0) return i;
    }
  }
  // 1 + the greatest operand.
  constexpr int operands() const {
    int count = 0;
    for (int i = 0; i < size(); ++i) {
      const char symbol = symbols[i];
      if (symbol == ';' || IsResult(symbol) ||
          FunctionOfSymbol(symbol).has_value()) {
        continue;
      }
      count = count > OperandOf(symbol) ? count : OperandOf(symbol) + 1;
    }
    return count;
  }
  consteval bool IsScalar(int operand) const {
    for (int i = 0; i < size(); ++i) {
      if (symbols[i] == 'A' + operand) return true;
    }
    return false;
  }
  static constexpr bool IsResult(char symbol) {
    return symbol >= '0' && symbol <= '9';
  }
  static constexpr int OperandOf(char symbol) {
    return symbol >= 'a' ? symbol - 'a' : symbol - 'A';
  }

  char symbols[kSize] = {};
};

}  // namespace cairn
#endif  // CAIRN_CORE_OPS_ELEMENTWISE_EXPRESSION_TEXTS_

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// The part of the expression that ends at kEnd.
template <ExpressionText kText, int kEnd>
HWY_INLINE V Evaluate(D d, const V* operands, const V* results) {
  constexpr char kSymbol = kText.symbols[kEnd];
  constexpr auto kFunction = FunctionOfSymbol(kSymbol);
  if constexpr (kText.IsResult(kSymbol)) {
    return results[kSymbol - '0'];
  } else if constexpr (!kFunction.has_value()) {
    return operands[kText.OperandOf(kSymbol)];
  } else if constexpr (OperandCount(*kFunction) == 1) {
    const V a = Evaluate<kText, kEnd - 1>(d, operands, results);
    return Compute<*kFunction>(d, a, a);
  } else {
    constexpr int kEndOfA = kText.Begin(kEnd - 1) - 1;
    const V a = Evaluate<kText, kEndOfA>(d, operands, results);
    const V b = Evaluate<kText, kEnd - 1>(d, operands, results);
    return Compute<*kFunction>(d, a, b);
  }
}

// Unrolled by operands and statements, so that vectors stay in registers. All
// is read before anything is written.
template <ExpressionText kText, size_t... kOperand, size_t... kStatement>
HWY_INLINE void UnrolledLoop(const ElementwiseOperand* given, float* const* out,
                             size_t count, std::index_sequence<kOperand...>,
                             std::index_sequence<kStatement...>) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V scalars[] = {hn::Set(d, *given[kOperand].values)...};
  const float* const from[] = {given[kOperand].values...};
  float* const to[] = {out[kStatement]...};
  for (size_t i = 0; i < count; i += lanes) {
    const V operands[] = {kText.IsScalar(kOperand)
                              ? scalars[kOperand]
                              : hn::Load(d, from[kOperand] + i)...};
    V results[sizeof...(kStatement)];
    ((results[kStatement] =
          Evaluate<kText, kText.End(kStatement)>(d, operands, results)),
     ...);
    (hn::Store(results[kStatement], d, to[kStatement] + i), ...);
  }
}

template <ExpressionText kText>
HWY_NOINLINE void ExpressionLoop(const ElementwiseOperand* given,
                                 float* const* out, size_t count) {
  UnrolledLoop<kText>(given, out, count,
                      std::make_index_sequence<kText.operands()>(),
                      std::make_index_sequence<kText.statements()>());
}

// Appends the expression `kText`.
template <ExpressionText kText>
void Append(absl::string_view text, std::vector<ElementwiseExpression>& all) {
  static_assert(kText.operands() <= kMaxElementwiseOperands);
  static_assert(kText.Begin(kText.End(0)) == 0, "not one expression");
  all.push_back({text, ExpressionLoop<kText>});
}

#define CAIRN_APPEND(text) Append<text>(text, all)
void AppendAll(std::vector<ElementwiseExpression>& all) {
  // Adam's whole update: weight, moments, gradient; what is computed and the
  // memory's latency hide each other.
  CAIRN_APPEND("bdb-E*+;cdsc-F*+;a0G*1qH+/-");
  // Weight less a rate times the first moment over the root of the second.
  CAIRN_APPEND("abC*dqE+/-");
  // RMSprop's: weight, mean square, gradient.
  CAIRN_APPEND("bD*csE*+;aFc*0G+q/-");
  // Decaying mean of a square, of a value.
  CAIRN_APPEND("aB*csD*+");
  CAIRN_APPEND("absa-C*+");
  CAIRN_APPEND("aB*cD*+");
  CAIRN_APPEND("aba-C*+");
  // Momentum with its step, and alone.
  CAIRN_APPEND("bD*Ec*-;a0+");
  CAIRN_APPEND("aB*Cd*-");
  CAIRN_APPEND("aB*c-");
  // A gradient step.
  CAIRN_APPEND("aBc*-");
  // Behind dropout and relu.
  CAIRN_APPEND("ab*cr");
  CAIRN_APPEND("ab*c*");
}
#undef CAIRN_APPEND

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(AppendAll);

absl::Span<const ElementwiseExpression> ElementwiseExpressions() {
  static const auto* const all = [] {
    auto* expressions = new std::vector<ElementwiseExpression>();
    HWY_DYNAMIC_DISPATCH(AppendAll)(*expressions);
    return expressions;
  }();
  return *all;
}

}  // namespace cairn
#endif  // HWY_ONCE
