#ifndef CAIRN_LAYERS_METRICS_BINARY_ACCURACY_H_
#define CAIRN_LAYERS_METRICS_BINARY_ACCURACY_H_

#include "absl/strings/string_view.h"
#include "layers/metrics/mean_metric.h"

namespace cairn {

// How often prediction > 0.5 is what the target, 0 or 1, says. As
// keras.metrics.BinaryAccuracy.
class BinaryAccuracy : public MeanMetric {
 public:
  static constexpr absl::string_view kClassName = "BinaryAccuracy";
  static constexpr absl::string_view kName = "binary_accuracy";
  using Options = MetricOptions;
  explicit BinaryAccuracy(Options options = {}) : MeanMetric(options, kName) {}
  absl::string_view class_name() const override { return kClassName; }

 protected:
  Value Values(Value target, Value prediction) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_METRICS_BINARY_ACCURACY_H_
