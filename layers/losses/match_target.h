#ifndef CAIRN_LAYERS_LOSSES_MATCH_TARGET_H_
#define CAIRN_LAYERS_LOSSES_MATCH_TARGET_H_

#include "absl/strings/string_view.h"
#include "core/graph/value.h"

namespace cairn {

// The target as float32 in the prediction's shape: the same shape, or without a
// last axis of 1. Another shape is an error of the trace, in which `user`, the
// loss or metric, is named.
Value MatchTarget(Value target, Value prediction, absl::string_view user);

// The target as one integer label per row of the prediction: the prediction's
// shape without its last axis, or with a last axis of 1.
Value MatchLabels(Value target, Value prediction, absl::string_view user);

}  // namespace cairn

#endif  // CAIRN_LAYERS_LOSSES_MATCH_TARGET_H_
