#include "layers/metrics/mean_metric.h"

#include "core/ops/binary.h"
#include "core/ops/constant.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace cairn {

std::vector<std::pair<std::string, TensorSpec>> MeanMetric::totals() const {
  return {{"total", {DType::kFloat32, {}}}, {"count", {DType::kFloat32, {}}}};
}

std::vector<Value> MeanMetric::Update(absl::Span<const Value> totals,
                                      Value target, Value prediction) const {
  Value values = Values(target, prediction);
  if (!values.valid()) return {values, values};
  // One number per sample, whatever other axes there are.
  std::vector<int64_t> axes;
  for (size_t i = 1; i < values.spec().shape.size(); ++i) {
    axes.push_back(static_cast<int64_t>(i));
  }
  if (!axes.empty()) values = ops::Mean(values, axes);
  return {ops::Add(totals[0], ops::SumAll(values)),
          ops::Add(totals[1], ops::BatchSize(values))};
}

double MeanMetric::Result(absl::Span<const Tensor> totals) const {
  const double count = totals[1].values<float>()[0];
  return count == 0 ? 0 : totals[0].values<float>()[0] / count;
}

}  // namespace cairn
