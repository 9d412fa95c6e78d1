#ifndef CAIRN_CORE_OPS_SOFTMAX_H_
#define CAIRN_CORE_OPS_SOFTMAX_H_

#include "core/base/source_location.h"
#include "core/graph/value.h"

namespace cairn::ops {

// exp(x) over its sum along the last axis. x is float32.
Value Softmax(Value x, SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_SOFTMAX_H_
