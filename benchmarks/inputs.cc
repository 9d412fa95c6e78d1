#include "benchmarks/inputs.h"

#include <random>

namespace cairn {
namespace {

constexpr uint32_t kSeed = 1;

}  // namespace

Tensor RandomFloats(const Shape& shape, float low, float high) {
  Tensor tensor = Tensor::Zeros({DType::kFloat32, shape});
  std::minstd_rand random(kSeed);
  std::uniform_real_distribution<float> between(low, high);
  for (float& value : tensor.mutable_values<float>()) value = between(random);
  return tensor;
}

Tensor RandomBytes(const Shape& shape) {
  Tensor tensor = Tensor::Zeros({DType::kUInt8, shape});
  std::minstd_rand random(kSeed);
  for (uint8_t& value : tensor.mutable_values<uint8_t>()) {
    // The lowest bits are the least random.
    value = static_cast<uint8_t>(random() >> 8);
  }
  return tensor;
}

Tensor RandomLabels(int64_t count) {
  Tensor labels = RandomBytes({count});
  for (uint8_t& label : labels.mutable_values<uint8_t>()) label %= 10;
  return labels;
}

}  // namespace cairn
