#ifndef CAIRN_CORE_OPS_DISPATCH_H_
#define CAIRN_CORE_OPS_DISPATCH_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/tensor/dtype.h"

namespace cairn {

// Calls function.operator()<T>() with the C++ type of `dtype`, and returns what
// it returns, a StatusOr or Status. InvalidArgument for the types that are only
// stored.
template <typename Function>
auto DispatchComputable(DType dtype, Function function)
    -> decltype(function.template operator()<float>()) {
  switch (dtype) {
    case DType::kFloat32:
      return function.template operator()<float>();
    case DType::kFloat64:
      return function.template operator()<double>();
    case DType::kInt32:
      return function.template operator()<int32_t>();
    case DType::kInt64:
      return function.template operator()<int64_t>();
    case DType::kUInt8:
      return function.template operator()<uint8_t>();
    case DType::kBool:
      return function.template operator()<bool>();
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("cannot compute with ", DTypeName(dtype)));
  }
}

// Whether DispatchComputable() takes it.
inline bool IsComputable(DType dtype) {
  return DispatchComputable(dtype,
                            []<typename T>() { return absl::OkStatus(); })
      .ok();
}

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_DISPATCH_H_
