#ifndef CAIRN_CORE_OPS_ELEMENTWISE_FUNCTION_H_
#define CAIRN_CORE_OPS_ELEMENTWISE_FUNCTION_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cairn {

// What one elementwise op computes from float32 operands a and b.
enum class ElementwiseFunction : int {
  kAdd,          // a + b
  kSub,          // a - b
  kMul,          // a * b
  kDiv,          // a / b
  kMaximum,      // max(a, b)
  kMinimum,      // min(a, b)
  kNeg,          // -a
  kAbs,          // |a|
  kSign,         // -1, 0 or 1
  kSquare,       // a * a
  kSqrt,         // sqrt(a)
  kRsqrt,        // 1 / sqrt(a)
  kExp,          // e^a
  kLog,          // log(a)
  kRelu,         // max(a, 0)
  kReluGrad,     // b > 0 ? a : 0
  kSigmoid,      // 1 / (1 + e^-a)
  kSigmoidGrad,  // b * a * (1 - a): output, then gradient, as TensorFlow's
  kTanh,         // tanh(a)
  kTanhGrad      // b * (1 - a * a)
};

// The function of the op of that name, or none.
std::optional<ElementwiseFunction> FindElementwiseFunction(
    absl::string_view op);

// How many of a and b it reads: 1 or 2.
constexpr int OperandCount(ElementwiseFunction function) {
  switch (function) {
    case ElementwiseFunction::kNeg:
    case ElementwiseFunction::kAbs:
    case ElementwiseFunction::kSign:
    case ElementwiseFunction::kSquare:
    case ElementwiseFunction::kSqrt:
    case ElementwiseFunction::kRsqrt:
    case ElementwiseFunction::kExp:
    case ElementwiseFunction::kLog:
    case ElementwiseFunction::kRelu:
    case ElementwiseFunction::kSigmoid:
    case ElementwiseFunction::kTanh:
      return 1;
    default:
      return 2;
  }
}

// One operand of a loop: `count` floats, or one that stands for all.
struct ElementwiseOperand {
  const float* values = nullptr;
  bool scalar = false;
};

// Computes `count` results, for a function to out[0]. Outputs may be operands,
// of which all is read before a vector is written. Vectors are read
// and written in whole lanes up to the next multiple of 64 bytes; all pointers
// to vectors are aligned to 64 bytes. Each result is computed from its own
// elements alone, so a loop cut anywhere at such a multiple gives equal bits.
using ElementwiseLoop = void (*)(const ElementwiseOperand* operands,
                                 float* const* out, size_t count);

// The loop of one function, in the width of this machine's vectors.
ElementwiseLoop FindElementwiseLoop(ElementwiseFunction function);

// Computes `count` results from operands that are anywhere in memory. Nothing
// else is written. The bits are those of the loop above.
using ElementwiseRowLoop = void (*)(ElementwiseOperand a, ElementwiseOperand b,
                                    float* out, size_t count);

// REQUIRES: `function` is arithmetic of two operands, kAdd to kMinimum.
ElementwiseRowLoop FindElementwiseRowLoop(ElementwiseFunction function);

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_ELEMENTWISE_FUNCTION_H_
