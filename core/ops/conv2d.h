#ifndef CAIRN_CORE_OPS_CONV2D_H_
#define CAIRN_CORE_OPS_CONV2D_H_

#include <array>
#include <cstdint>
#include <string>

#include "core/base/source_location.h"
#include "core/graph/value.h"

namespace cairn::ops {

struct Conv2DOptions {
  std::array<int64_t, 2> strides = {1, 1};
  std::array<int64_t, 2> dilations = {1, 1};
  std::string padding = "VALID";  // Or "SAME".
};

// Slides `filter`, float32 (height, width, inputs, outputs), over `images`,
// float32 (batch, height, width, inputs). No flip: a cross-correlation.
Value Conv2D(Value images, Value filter, const Conv2DOptions& options,
             SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_CONV2D_H_
