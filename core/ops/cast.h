#ifndef CAIRN_CORE_OPS_CAST_H_
#define CAIRN_CORE_OPS_CAST_H_

#include "core/base/source_location.h"
#include "core/graph/value.h"
#include "core/tensor/dtype.h"

namespace cairn::ops {

// `x` in another type; x itself if it has it. As C++ converts, and to bool what
// is not zero.
Value Cast(Value x, DType dtype,
           SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_CAST_H_
