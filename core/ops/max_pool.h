#ifndef CAIRN_CORE_OPS_MAX_POOL_H_
#define CAIRN_CORE_OPS_MAX_POOL_H_

#include <array>
#include <cstdint>
#include <string>

#include "core/base/source_location.h"
#include "core/graph/value.h"

namespace cairn::ops {

struct MaxPoolOptions {
  std::array<int64_t, 2> window = {2, 2};
  std::array<int64_t, 2> strides = {2, 2};
  std::string padding = "VALID";  // Or "SAME"; padding is never the maximum.
};

// The largest of each window over `images`, float32 (batch, height, width,
// channels). The gradient goes to the first of equal maxima.
Value MaxPool(Value images, const MaxPoolOptions& options,
              SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_MAX_POOL_H_
