#ifndef CAIRN_CORE_OPS_DROPOUT_MASK_H_
#define CAIRN_CORE_OPS_DROPOUT_MASK_H_

#include <cstdint>

#include "core/base/source_location.h"
#include "core/graph/value.h"

namespace cairn::ops {

// float32 of the shape of `like`: 0 with probability `rate`, else
// 1 / (1 - rate). Element i is kept where word i % 4 of the Philox block
// {i / 4, counter} under `key` is at least rate * 2^32; `counter` is an int64
// scalar, another one each step. REQUIRES: 0 <= rate < 1.
Value DropoutMask(Value like, Value counter, int64_t key, double rate,
                  SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_DROPOUT_MASK_H_
