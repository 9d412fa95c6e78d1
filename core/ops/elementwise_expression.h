#ifndef CAIRN_CORE_OPS_ELEMENTWISE_EXPRESSION_H_
#define CAIRN_CORE_OPS_ELEMENTWISE_EXPRESSION_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/ops/elementwise_function.h"

namespace cairn {

inline constexpr int kMaxElementwiseOperands = 8;

// Several functions in one loop that keeps what is between them in registers.
struct ElementwiseExpression {
  // Statements in reverse Polish notation, separated by ';'. "aba-C*+" is
  // a + (b - a) * c. Operand 0 is a or A, operand 1 b or B; a capital stands
  // for all elements. A digit is the result of an earlier statement, counted
  // from 0. Each statement's result is stored.
  absl::string_view text;
  // As the loop of a function; the same bits as function after function.
  ElementwiseLoop loop;
};

// The function that a character of an expression stands for, or none: it is an
// operand.
constexpr std::optional<ElementwiseFunction> FunctionOfSymbol(char symbol) {
  switch (symbol) {
    case '+':
      return ElementwiseFunction::kAdd;
    case '-':
      return ElementwiseFunction::kSub;
    case '*':
      return ElementwiseFunction::kMul;
    case '/':
      return ElementwiseFunction::kDiv;
    case '^':
      return ElementwiseFunction::kMaximum;
    case 's':
      return ElementwiseFunction::kSquare;
    case 'q':
      return ElementwiseFunction::kSqrt;
    case 'r':
      return ElementwiseFunction::kReluGrad;
    default:
      return std::nullopt;
  }
}

// The expressions that there are loops for, longest first: those of the
// optimizers, which pass over every weight in every step, and those around
// activations.
absl::Span<const ElementwiseExpression> ElementwiseExpressions();

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_ELEMENTWISE_EXPRESSION_H_
