#ifndef CAIRN_CORE_OPS_MATMUL_H_
#define CAIRN_CORE_OPS_MATMUL_H_

#include "core/base/source_location.h"
#include "core/graph/value.h"

namespace cairn::ops {

// The product of two float32 matrices, each transposed first if asked.
Value MatMul(Value a, Value b, bool transpose_a = false,
             bool transpose_b = false,
             SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_MATMUL_H_
