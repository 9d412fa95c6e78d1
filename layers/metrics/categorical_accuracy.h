#ifndef CAIRN_LAYERS_METRICS_CATEGORICAL_ACCURACY_H_
#define CAIRN_LAYERS_METRICS_CATEGORICAL_ACCURACY_H_

#include "absl/strings/string_view.h"
#include "layers/metrics/mean_metric.h"

namespace cairn {

// How often the largest prediction is the largest target. As
// keras.metrics.CategoricalAccuracy.
class CategoricalAccuracy : public MeanMetric {
 public:
  static constexpr absl::string_view kClassName = "CategoricalAccuracy";
  static constexpr absl::string_view kName = "categorical_accuracy";
  using Options = MetricOptions;
  explicit CategoricalAccuracy(Options options = {})
      : MeanMetric(options, kName) {}
  absl::string_view class_name() const override { return kClassName; }

 protected:
  Value Values(Value target, Value prediction) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_METRICS_CATEGORICAL_ACCURACY_H_
