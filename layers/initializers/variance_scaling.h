#ifndef CAIRN_LAYERS_INITIALIZERS_VARIANCE_SCALING_H_
#define CAIRN_LAYERS_INITIALIZERS_VARIANCE_SCALING_H_

#include "absl/status/status.h"
#include "core/base/philox.h"
#include "core/tensor/tensor.h"

namespace cairn {

// How many inputs, or inputs and outputs, a weight connects.
enum class Fan { kIn, kAverage };
enum class Distribution { kUniform, kTruncatedNormal };

// Fills `value` with mean 0 and variance `scale` over the fan, as Keras's
// VarianceScaling. The normal distribution is cut at two deviations, and
// widened so that the variance is what was asked for.
absl::Status FillByVariance(double scale, Fan fan, Distribution distribution,
                            RandomStream& stream, Tensor& value);

}  // namespace cairn

#endif  // CAIRN_LAYERS_INITIALIZERS_VARIANCE_SCALING_H_
