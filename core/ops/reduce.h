#ifndef CAIRN_CORE_OPS_REDUCE_H_
#define CAIRN_CORE_OPS_REDUCE_H_

#include <cstdint>
#include <vector>

#include "core/base/source_location.h"
#include "core/graph/value.h"

// Reductions of float32 over the given axes; negative ones count from the end.
// The order of the additions is fixed.

namespace cairn::ops {

Value Sum(Value x, const std::vector<int64_t>& axes, bool keep_dims = false,
          SourceLocation where = SourceLocation::Current());
Value Mean(Value x, const std::vector<int64_t>& axes, bool keep_dims = false,
           SourceLocation where = SourceLocation::Current());

// Over all axes, to a scalar.
Value SumAll(Value x, SourceLocation where = SourceLocation::Current());
Value MeanAll(Value x, SourceLocation where = SourceLocation::Current());

// The place of the first largest element along the last axis, int64 ("ArgMax").
Value ArgMax(Value x, SourceLocation where = SourceLocation::Current());

// How many samples the batch of `x` has, its first dimension, as a float32
// scalar.
Value BatchSize(Value x, SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_REDUCE_H_
