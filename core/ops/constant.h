#ifndef CAIRN_CORE_OPS_CONSTANT_H_
#define CAIRN_CORE_OPS_CONSTANT_H_

#include "core/graph/builder.h"
#include "core/graph/value.h"
#include "core/tensor/tensor.h"

namespace cairn::ops {

// "Const": the same value in each run.
Value Constant(GraphBuilder* builder, const Tensor& value,
               SourceLocation where = SourceLocation::Current());

// A float32 scalar in the graph of `like`.
Value ScalarLike(Value like, double value,
                 SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_CONSTANT_H_
