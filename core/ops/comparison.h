#ifndef CAIRN_CORE_OPS_COMPARISON_H_
#define CAIRN_CORE_OPS_COMPARISON_H_

#include "core/base/source_location.h"
#include "core/graph/value.h"

// Comparisons of two values of one type: same shape, or one of them a scalar.
// The result is bool. They have no gradient.

namespace cairn::ops {

Value Equal(Value a, Value b, SourceLocation where = SourceLocation::Current());
Value Greater(Value a, Value b,
              SourceLocation where = SourceLocation::Current());
Value GreaterEqual(Value a, Value b,
                   SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_COMPARISON_H_
