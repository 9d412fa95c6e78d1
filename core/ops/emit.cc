#include "core/ops/emit.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/graph/builder.h"

namespace cairn::ops {

Value Emit(absl::string_view op, absl::Span<const Value> inputs, Attrs attrs,
           SourceLocation where) {
  GraphBuilder* builder = nullptr;
  for (const Value input : inputs) {
    if (input.builder() != nullptr) builder = input.builder();
  }
  // A value that no builder made can only come from the program itself.
  CAIRN_CHECK(builder != nullptr);
  return builder->Emit(op, inputs, std::move(attrs), where)[0];
}

}  // namespace cairn::ops
