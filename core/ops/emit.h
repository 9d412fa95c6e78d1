#ifndef CAIRN_CORE_OPS_EMIT_H_
#define CAIRN_CORE_OPS_EMIT_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/source_location.h"
#include "core/graph/attr.h"
#include "core/graph/value.h"

namespace cairn::ops {

// The only output of one more `op`, in the graph of its inputs. An input that
// is invalid gives an invalid value: its error was recorded where it arose.
// REQUIRES: there is an input.
Value Emit(absl::string_view op, absl::Span<const Value> inputs,
           Attrs attrs = {}, SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_EMIT_H_
