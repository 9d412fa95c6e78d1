#ifndef CAIRN_CORE_OPS_UNARY_H_
#define CAIRN_CORE_OPS_UNARY_H_

#include "core/base/source_location.h"
#include "core/graph/value.h"

// Functions of one float32 value, element by element.

namespace cairn::ops {

Value Neg(Value x, SourceLocation where = SourceLocation::Current());
Value Abs(Value x, SourceLocation where = SourceLocation::Current());
// -1, 0 or 1. Its gradient is none.
Value Sign(Value x, SourceLocation where = SourceLocation::Current());
Value Square(Value x, SourceLocation where = SourceLocation::Current());
Value Sqrt(Value x, SourceLocation where = SourceLocation::Current());
// 1 / sqrt(x).
Value Rsqrt(Value x, SourceLocation where = SourceLocation::Current());
Value Exp(Value x, SourceLocation where = SourceLocation::Current());
// The natural logarithm.
Value Log(Value x, SourceLocation where = SourceLocation::Current());
Value Relu(Value x, SourceLocation where = SourceLocation::Current());
Value Sigmoid(Value x, SourceLocation where = SourceLocation::Current());
Value Tanh(Value x, SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_UNARY_H_
