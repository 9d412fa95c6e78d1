#ifndef CAIRN_CORE_OPS_BIAS_ADD_H_
#define CAIRN_CORE_OPS_BIAS_ADD_H_

#include "core/base/source_location.h"
#include "core/graph/value.h"

namespace cairn::ops {

// Adds `bias`, float32 (channels), to each vector along the last axis of x.
Value BiasAdd(Value x, Value bias,
              SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_BIAS_ADD_H_
