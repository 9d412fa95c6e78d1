#include "layers/initializers/variance_scaling.h"

#include <algorithm>
#include <cmath>

namespace cairn {
namespace {

struct Fans {
  double in = 1, out = 1;
};

// The last two axes are inputs and outputs; those before are the places of a
// filter, each of which connects them.
Fans FansOf(const Shape& shape) {
  if (shape.empty()) return {};
  if (shape.size() == 1) {
    return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  }
  double places = 1;
  for (size_t i = 0; i + 2 < shape.size(); ++i) {
    places *= static_cast<double>(shape[i]);
  }
  return {places * static_cast<double>(shape[shape.size() - 2]),
          places * static_cast<double>(shape[shape.size() - 1])};
}

// The deviation of a standard normal that is cut at two deviations.
constexpr double kTruncatedDeviation = 0.87962566103423978;

float TruncatedNormal(RandomStream& stream) {
  for (;;) {
    const float x = stream.NextNormal();
    if (std::fabs(x) <= 2.0f) return x;
  }
}

}  // namespace

absl::Status FillByVariance(double scale, Fan fan, Distribution distribution,
                            RandomStream& stream, Tensor& value) {
  const Fans fans = FansOf(value.shape());
  const double count = fan == Fan::kIn ? fans.in : (fans.in + fans.out) / 2;
  const double variance = scale / std::max(1.0, count);
  if (distribution == Distribution::kUniform) {
    const double limit = std::sqrt(3 * variance);
    for (float& x : value.mutable_values<float>()) {
      x = static_cast<float>(limit * (2.0 * stream.NextUniform() - 1.0));
    }
  } else {
    const double deviation = std::sqrt(variance) / kTruncatedDeviation;
    for (float& x : value.mutable_values<float>()) {
      x = static_cast<float>(deviation * TruncatedNormal(stream));
    }
  }
  return absl::OkStatus();
}

}  // namespace cairn
