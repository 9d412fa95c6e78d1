#include "core/tensor/element_types.h"

#include "Eigen/Core"

namespace cairn {

Float16::Float16(float value)
    : bits(Eigen::numext::bit_cast<uint16_t>(Eigen::half(value))) {}

Float16::operator float() const {
  return static_cast<float>(Eigen::numext::bit_cast<Eigen::half>(bits));
}

BFloat16::BFloat16(float value)
    : bits(Eigen::numext::bit_cast<uint16_t>(Eigen::bfloat16(value))) {}

BFloat16::operator float() const {
  return static_cast<float>(Eigen::numext::bit_cast<Eigen::bfloat16>(bits));
}

}  // namespace cairn
