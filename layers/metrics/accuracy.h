#ifndef CAIRN_LAYERS_METRICS_ACCURACY_H_
#define CAIRN_LAYERS_METRICS_ACCURACY_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "layers/metrics/mean_metric.h"

namespace cairn {

// How often the prediction is right, as Keras's "accuracy" understands it: by
// the shapes of target and prediction it is binary, categorical or sparse
// categorical accuracy.
class Accuracy : public MeanMetric {
 public:
  static constexpr absl::string_view kClassName = "Accuracy";
  static constexpr absl::string_view kName = "accuracy";
  using Options = MetricOptions;
  explicit Accuracy(Options options = {}) : MeanMetric(options, kName) {}
  absl::string_view class_name() const override { return kClassName; }
  std::shared_ptr<const Metric> Choose(
      const TensorSpec& target, const TensorSpec& prediction) const override;

 protected:
  // Equality, for predictions that are of none of the three kinds.
  Value Values(Value target, Value prediction) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_METRICS_ACCURACY_H_
