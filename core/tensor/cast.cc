#include "core/tensor/cast.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

struct Half {
  uint16_t bits = 0;
};
struct Brain {
  uint16_t bits = 0;
};

double Widen(Brain x) {
  return std::bit_cast<float>(static_cast<uint32_t>(x.bits) << 16);
}

double Widen(Half x) {
  const int exponent = (x.bits >> 10) & 31;
  const int fraction = x.bits & 1023;
  const double sign = (x.bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

// Of 16 bits, with `fraction_bits` for the fraction.
uint16_t Narrow(double x, int fraction_bits) {
  const int exponent_bits = 15 - fraction_bits;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const auto sign = static_cast<uint16_t>(std::signbit(x) ? 0x8000 : 0);
  const auto infinity =
      static_cast<uint16_t>(((1 << exponent_bits) - 1) << fraction_bits);
  if (std::isnan(x)) {
    return static_cast<uint16_t>(sign | infinity | (1 << (fraction_bits - 1)));
  }
  x = std::fabs(x);
  if (std::isinf(x)) return static_cast<uint16_t>(sign | infinity);
  // In steps of the last bit of the fraction, rounded to even. A carry runs
  // into the exponent, which is then right too.
  int exponent = 1 - bias;
  if (x >= std::ldexp(1, exponent)) exponent = std::ilogb(x);
  const double steps = std::nearbyint(std::ldexp(x, fraction_bits - exponent));
  const double bits = steps + std::ldexp(exponent + bias - 1, fraction_bits);
  if (bits >= infinity) return static_cast<uint16_t>(sign | infinity);
  return static_cast<uint16_t>(sign | static_cast<uint16_t>(bits));
}

template <typename From, typename To>
bool Convert(From from, To& to) {
  if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, Brain>) {
    return Convert(Widen(from), to);
  } else if constexpr (std::is_same_v<To, Half>) {
    to.bits = Narrow(static_cast<double>(from), 10);
  } else if constexpr (std::is_same_v<To, Brain>) {
    to.bits = Narrow(static_cast<double>(from), 7);
  } else if constexpr (std::is_same_v<To, bool>) {
    to = from != From{0};
  } else if constexpr (std::is_floating_point_v<To>) {
    to = static_cast<To>(from);
  } else if constexpr (std::is_floating_point_v<From>) {
    // The limits themselves need not be numbers of the type; these are.
    const double low = static_cast<double>(std::numeric_limits<To>::min());
    const double beyond = std::ldexp(1, std::numeric_limits<To>::digits);
    const double whole = std::trunc(static_cast<double>(from));
    if (!(whole >= low && whole < beyond)) return false;
    to = static_cast<To>(whole);
  } else if constexpr (std::is_same_v<From, bool>) {
    to = from ? To{1} : To{0};
  } else {
    if (!std::in_range<To>(from)) return false;
    to = static_cast<To>(from);
  }
  return true;
}

template <typename F>
auto WithElementType(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kFloat32:
      return f.template operator()<float>();
    case DType::kFloat64:
      return f.template operator()<double>();
    case DType::kBFloat16:
      return f.template operator()<Brain>();
    case DType::kInt32:
      return f.template operator()<int32_t>();
    case DType::kInt64:
      return f.template operator()<int64_t>();
    case DType::kUInt8:
      return f.template operator()<uint8_t>();
    case DType::kBool:
      return f.template operator()<bool>();
    case DType::kFloat16:
      return f.template operator()<Half>();
    case DType::kInt8:
      return f.template operator()<int8_t>();
    case DType::kInt16:
      return f.template operator()<int16_t>();
    case DType::kUInt16:
      return f.template operator()<uint16_t>();
    case DType::kUInt32:
      return f.template operator()<uint32_t>();
    case DType::kUInt64:
      break;
  }
  return f.template operator()<uint64_t>();
}

template <typename T>
std::string ToText(T x) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, Brain>) {
    return absl::StrCat(Widen(x));
  } else {
    return absl::StrCat(x);
  }
}

}  // namespace

absl::StatusOr<Tensor> CastTensor(const Tensor& given, DType to) {
  if (given.dtype() == to) return given;
  CAIRN_ASSIGN_OR_RETURN(const Tensor value, given.Load());
  Tensor result = Tensor::Zeros({to, value.shape()});
  const int64_t count = value.size();
  const absl::Status status = WithElementType(value.dtype(), [&]<typename F>() {
    return WithElementType(to, [&]<typename T>() -> absl::Status {
      const F* const from = reinterpret_cast<const F*>(value.bytes().data());
      T* const out = reinterpret_cast<T*>(result.mutable_bytes().data());
      for (int64_t i = 0; i < count; ++i) {
        if (Convert(from[i], out[i])) continue;
        return absl::InvalidArgumentError(
            absl::StrCat(ToText(from[i]), " is no number of ", DTypeName(to)));
      }
      return absl::OkStatus();
    });
  });
  if (!status.ok()) return status;
  return result;
}

}  // namespace cairn
