#ifndef CAIRN_CORE_TENSOR_DTYPE_H_
#define CAIRN_CORE_TENSOR_DTYPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace cairn {

// Every type of a fixed size that a file may hold.
enum class DType : uint8_t {
  // Kernels exist for these.
  kFloat32,
  kFloat64,
  kBFloat16,
  kInt32,
  kInt64,
  kUInt8,
  kBool,
  // These are read, written and cast, never computed with.
  kFloat16,
  kInt8,
  kInt16,
  kUInt16,
  kUInt32,
  kUInt64
};

// Bytes of one element.
size_t ElementSize(DType dtype);

// Keras's and numpy's name, "float32".
absl::string_view DTypeName(DType dtype);

// None if no type is called so.
std::optional<DType> DTypeFromName(absl::string_view name);

bool IsFloating(DType dtype);

// The DType of a C++ type. The two 16-bit floats have none: their elements are
// reached as uint16_t.
template <typename T>
constexpr DType DTypeOf() {
  if constexpr (std::is_same_v<T, float>)
    return DType::kFloat32;
  else if constexpr (std::is_same_v<T, double>)
    return DType::kFloat64;
  else if constexpr (std::is_same_v<T, int32_t>)
    return DType::kInt32;
  else if constexpr (std::is_same_v<T, int64_t>)
    return DType::kInt64;
  else if constexpr (std::is_same_v<T, uint8_t>)
    return DType::kUInt8;
  else if constexpr (std::is_same_v<T, bool>)
    return DType::kBool;
  else if constexpr (std::is_same_v<T, int8_t>)
    return DType::kInt8;
  else if constexpr (std::is_same_v<T, int16_t>)
    return DType::kInt16;
  else if constexpr (std::is_same_v<T, uint16_t>)
    return DType::kUInt16;
  else if constexpr (std::is_same_v<T, uint32_t>)
    return DType::kUInt32;
  else {
    static_assert(std::is_same_v<T, uint64_t>, "no DType for this type");
    return DType::kUInt64;
  }
}

}  // namespace cairn

#endif  // CAIRN_CORE_TENSOR_DTYPE_H_
