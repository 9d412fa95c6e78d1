#ifndef CAIRN_CORE_OPS_SELECT_H_
#define CAIRN_CORE_OPS_SELECT_H_

#include "core/base/source_location.h"
#include "core/graph/value.h"

namespace cairn::ops {

// a where `condition`, a bool of the result's shape, holds, else b
// ("SelectV2"). a and b are float32 of that shape, or scalars.
Value Where(Value condition, Value a, Value b,
            SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_SELECT_H_
