#include "core/layer/values.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/graph/builder.h"

namespace cairn {

Values::operator Value() const {
  if (values_.size() == 1) return values_[0];
  for (const Value value : values_) {
    if (value.builder() == nullptr) continue;
    return value.builder()->Fail(absl::InvalidArgumentError(absl::StrCat(
        "one value is needed here, the layer returned ", values_.size())));
  }
  return Value();
}

}  // namespace cairn
