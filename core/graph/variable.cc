#include "core/graph/variable.h"

#include "absl/strings/str_cat.h"

namespace cairn {

absl::Status Variable::Assign(const Tensor& value) {
  if (value.spec() != spec()) {
    return absl::InvalidArgumentError(
        absl::StrCat("variable \"", name_, "\" is ", SpecToString(spec()),
                     ", the value given is ", SpecToString(value.spec())));
  }
  return value.CopyTo(value_.mutable_bytes());
}

}  // namespace cairn
