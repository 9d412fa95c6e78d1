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
int OperandCount(ElementwiseFunction function);

// One operand of a loop: `count` floats, or one that stands for all.
struct ElementwiseOperand {
  const float* values = nullptr;
  bool scalar = false;
};

// Computes `count` results. `out` may be one of the operands. Vectors are read
// and written in whole lanes up to the next multiple of 64 bytes; all pointers
// to vectors are aligned to 64 bytes. Each result is computed from its own
// elements alone, so a loop cut anywhere at such a multiple gives equal bits.
void RunElementwise(ElementwiseFunction function, ElementwiseOperand a,
                    ElementwiseOperand b, float* out, size_t count);

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_ELEMENTWISE_FUNCTION_H_
