#ifndef CAIRN_LAYERS_METRICS_MEAN_METRIC_H_
#define CAIRN_LAYERS_METRICS_MEAN_METRIC_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/training/metric.h"

namespace cairn {

struct MetricOptions {
  std::string name;  // What logs call it; empty: the metric's own name.

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("name", self.name);
  }
};

// The mean over samples of a value that each has.
class MeanMetric : public Metric {
 public:
  std::string name() const override { return options_.name; }
  Config GetConfig() const override { return ToConfig(options_); }
  std::vector<std::pair<std::string, TensorSpec>> totals() const override;
  std::vector<Value> Update(absl::Span<const Value> totals, Value target,
                            Value prediction) const override;
  double Result(absl::Span<const Tensor> totals) const override;

 protected:
  MeanMetric(MetricOptions options, absl::string_view name)
      : options_(std::move(options)) {
    if (options_.name.empty()) options_.name = std::string(name);
  }
  // float32, one value or more per sample.
  virtual Value Values(Value target, Value prediction) const = 0;

 private:
  MetricOptions options_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_METRICS_MEAN_METRIC_H_
