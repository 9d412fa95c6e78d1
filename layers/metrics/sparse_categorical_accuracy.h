#ifndef CAIRN_LAYERS_METRICS_SPARSE_CATEGORICAL_ACCURACY_H_
#define CAIRN_LAYERS_METRICS_SPARSE_CATEGORICAL_ACCURACY_H_

#include "absl/strings/string_view.h"
#include "layers/metrics/mean_metric.h"

namespace cairn {

// How often the largest prediction is the class that the target names. As
// keras.metrics.SparseCategoricalAccuracy.
class SparseCategoricalAccuracy : public MeanMetric {
 public:
  static constexpr absl::string_view kClassName = "SparseCategoricalAccuracy";
  static constexpr absl::string_view kName = "sparse_categorical_accuracy";
  using Options = MetricOptions;
  explicit SparseCategoricalAccuracy(Options options = {})
      : MeanMetric(options, kName) {}
  absl::string_view class_name() const override { return kClassName; }

 protected:
  Value Values(Value target, Value prediction) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_METRICS_SPARSE_CATEGORICAL_ACCURACY_H_
