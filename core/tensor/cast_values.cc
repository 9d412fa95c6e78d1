#include "core/tensor/cast_values.h"

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/tensor/element_types.h"

namespace cairn {
namespace {

// Whether the integer type U holds `value`. REQUIRES: kIsFloatingElement<T> or
// T is an integer or bool.
template <typename U, typename T>
bool Holds(T value) {
  using Limits = std::numeric_limits<U>;
  if constexpr (kIsFloatingElement<T>) {
    const double number = ElementToDouble(value);
    // The largest number of 64 bits has no double; what follows it has.
    return number == std::trunc(number) &&
           number >= static_cast<double>(Limits::min()) &&
           number < std::ldexp(1.0, Limits::digits);
  } else if constexpr (std::is_same_v<T, bool>) {
    return true;
  } else if constexpr (std::is_same_v<U, bool>) {
    return value == 0 || value == 1;
  } else {
    return std::in_range<U>(value);
  }
}

// The place of the first value that U does not hold, or the size.
template <typename T, typename U>
size_t CastElements(const Tensor& from, Tensor& to) {
  const absl::Span<const T> values = ElementsOf<T>(from);
  const absl::Span<U> results = MutableElementsOf<U>(to);
  for (size_t i = 0; i < values.size(); ++i) {
    if constexpr (kIsFloatingElement<U>) {
      results[i] = ElementFromDouble<U>(ElementToDouble(values[i]));
    } else {
      if (!Holds<U>(values[i])) return i;
      if constexpr (kIsFloatingElement<T>) {
        results[i] = ElementFromDouble<U>(ElementToDouble(values[i]));
      } else {
        results[i] = static_cast<U>(values[i]);
      }
    }
  }
  return values.size();
}

}  // namespace

absl::StatusOr<Tensor> CastValues(const Tensor& tensor, DType dtype) {
  Tensor result = Tensor::Zeros({dtype, tensor.shape()});
  absl::Status status;
  WithElementType(tensor.dtype(), [&](auto from) {
    WithElementType(dtype, [&](auto to) {
      using T = decltype(from);
      const size_t place = CastElements<T, decltype(to)>(tensor, result);
      if (place == static_cast<size_t>(tensor.size())) return;
      status = absl::InvalidArgumentError(absl::StrCat(
          "element ", place, " is ",
          ElementToDouble(ElementsOf<T>(tensor)[place]), ", which ",
          std::string(DTypeName(dtype)), " does not hold"));
    });
  });
  if (!status.ok()) return status;
  return result;
}

}  // namespace cairn
