#include "core/graph/variable.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace cairn {

absl::Status Variable::Assign(const Tensor& value) {
  if (value.spec() != spec()) {
    return absl::InvalidArgumentError(
        absl::StrCat("variable \"", name_, "\" is ", SpecToString(spec()),
                     ", the value given is ", SpecToString(value.spec())));
  }
  std::memcpy(value_.mutable_bytes().data(), value.bytes().data(),
              value.bytes().size());
  return absl::OkStatus();
}

}  // namespace cairn
