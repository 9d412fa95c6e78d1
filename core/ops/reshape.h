#ifndef CAIRN_CORE_OPS_RESHAPE_H_
#define CAIRN_CORE_OPS_RESHAPE_H_

#include "core/base/source_location.h"
#include "core/graph/value.h"
#include "core/tensor/shape.h"

namespace cairn::ops {

// The same elements under another shape. At most one dimension of `shape` is
// kDynamic: the one that follows from the others.
Value Reshape(Value x, const Shape& shape,
              SourceLocation where = SourceLocation::Current());

// `x` in the shape of `like`, which has as many elements.
Value ReshapeLike(Value x, Value like,
                  SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_RESHAPE_H_
