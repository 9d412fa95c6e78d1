#ifndef CAIRN_CORE_TRANSFORM_GRADIENTS_H_
#define CAIRN_CORE_TRANSFORM_GRADIENTS_H_

#include <vector>

#include "absl/types/span.h"
#include "core/graph/value.h"

namespace cairn {

// Emits the gradients of scalar `loss` with respect to `wrt` into loss's graph:
// one value for each, invalid where the loss does not depend on it. An op on
// the way that cannot be differentiated is an error of the trace.
std::vector<Value> Gradients(Value loss, absl::Span<const Value> wrt);

}  // namespace cairn

#endif  // CAIRN_CORE_TRANSFORM_GRADIENTS_H_
