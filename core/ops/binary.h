#ifndef CAIRN_CORE_OPS_BINARY_H_
#define CAIRN_CORE_OPS_BINARY_H_

#include "core/base/source_location.h"
#include "core/graph/value.h"

// Arithmetic of two values of one type. Shapes are broadcast by numpy's rule.

namespace cairn::ops {

Value Add(Value a, Value b, SourceLocation where = SourceLocation::Current());
Value Sub(Value a, Value b, SourceLocation where = SourceLocation::Current());
Value Mul(Value a, Value b, SourceLocation where = SourceLocation::Current());
Value Div(Value a, Value b, SourceLocation where = SourceLocation::Current());
Value Maximum(Value a, Value b,
              SourceLocation where = SourceLocation::Current());
Value Minimum(Value a, Value b,
              SourceLocation where = SourceLocation::Current());
// a to the power b. Differentiable with respect to a where b is constant.
Value Pow(Value a, Value b, SourceLocation where = SourceLocation::Current());

// x * factor and x + addend. REQUIRES: x is float32.
Value Scale(Value x, double factor,
            SourceLocation where = SourceLocation::Current());
Value Shift(Value x, double addend,
            SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_BINARY_H_
