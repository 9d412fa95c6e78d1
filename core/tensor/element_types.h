#ifndef CAIRN_CORE_TENSOR_ELEMENT_TYPES_H_
#define CAIRN_CORE_TENSOR_ELEMENT_TYPES_H_

#include <cstdint>
#include <type_traits>

#include "absl/types/span.h"
#include "core/base/check.h"
#include "core/tensor/dtype.h"
#include "core/tensor/tensor.h"

namespace cairn {

// Elements of the two 16-bit types, for code that reads values of any type and
// computes in another. Converting back rounds to the nearest, ties to even.
struct Float16 {
  uint16_t bits = 0;

  Float16() = default;
  explicit Float16(float value);
  explicit operator float() const;
};
struct BFloat16 {
  uint16_t bits = 0;

  BFloat16() = default;
  explicit BFloat16(float value);
  explicit operator float() const;
};

// Whether T holds parts of numbers.
template <typename T>
inline constexpr bool kIsFloatingElement =
    std::is_floating_point_v<T> || std::is_same_v<T, Float16> ||
    std::is_same_v<T, BFloat16>;

// Floating elements as doubles, which is exact.
template <typename T>
double ElementToDouble(T value) {
  if constexpr (std::is_arithmetic_v<T>) {
    return static_cast<double>(value);
  } else {
    return static_cast<double>(static_cast<float>(value));
  }
}

// Rounds to the type. REQUIRES: T is floating, or holds `value`.
template <typename T>
T ElementFromDouble(double value) {
  if constexpr (std::is_arithmetic_v<T>) {
    return static_cast<T>(value);
  } else {
    return T(static_cast<float>(value));
  }
}

// Calls `use` with an element, of no meaning, of the type: float() and so on.
template <typename Use>
auto WithElementType(DType dtype, Use use) {
  switch (dtype) {
    case DType::kFloat32:
      return use(float());
    case DType::kFloat64:
      return use(double());
    case DType::kBFloat16:
      return use(BFloat16());
    case DType::kFloat16:
      return use(Float16());
    case DType::kInt8:
      return use(int8_t());
    case DType::kInt16:
      return use(int16_t());
    case DType::kInt32:
      return use(int32_t());
    case DType::kInt64:
      return use(int64_t());
    case DType::kUInt8:
      return use(uint8_t());
    case DType::kUInt16:
      return use(uint16_t());
    case DType::kUInt32:
      return use(uint32_t());
    case DType::kUInt64:
      return use(uint64_t());
    case DType::kBool:
      break;
  }
  return use(bool());
}

// REQUIRES: T is what WithElementType() gives for the tensor's type.
template <typename T>
absl::Span<const T> ElementsOf(const Tensor& tensor) {
  CAIRN_CHECK(sizeof(T) == ElementSize(tensor.dtype()));
  return absl::Span<const T>(reinterpret_cast<const T*>(tensor.bytes().data()),
                             static_cast<size_t>(tensor.size()));
}
template <typename T>
absl::Span<T> MutableElementsOf(Tensor& tensor) {
  CAIRN_CHECK(sizeof(T) == ElementSize(tensor.dtype()));
  return absl::Span<T>(reinterpret_cast<T*>(tensor.mutable_bytes().data()),
                       static_cast<size_t>(tensor.size()));
}

}  // namespace cairn

#endif  // CAIRN_CORE_TENSOR_ELEMENT_TYPES_H_
