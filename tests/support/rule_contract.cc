#include "tests/support/rule_contract.h"

#include <algorithm>
#include <cmath>

#include "core/base/philox.h"
#include "core/base/status_macros.h"
#include "core/ops/reduce.h"
#include "core/ops/softmax.h"
#include "core/transform/gradients.h"
#include "tests/support/run_trace.h"
#include "tests/support/snapshots.h"

namespace cairn {
namespace {

Tensor Filled(const Initializer& initializer, const Shape& shape,
              uint64_t seed) {
  Tensor value = Tensor::Zeros({DType::kFloat32, shape});
  RandomStream stream(StreamKey(seed, "weight"));
  EXPECT_TRUE(IsOk(initializer.Fill(stream, value)));
  return value;
}

absl::StatusOr<LossResult> RunLoss(const Loss& loss, const Tensor& target,
                                   const Tensor& input, bool softmax) {
  CAIRN_ASSIGN_OR_RETURN(
      const std::vector<Tensor> outputs,
      RunTrace({target, input}, [&](GraphBuilder&,
                                    absl::Span<const Value> inputs) {
        const Value prediction = softmax ? ops::Softmax(inputs[1]) : inputs[1];
        const Value losses = loss.Call(inputs[0], prediction);
        if (!losses.valid()) return std::vector<Value>{losses};
        std::vector<Value> results =
            Gradients(ops::MeanAll(losses), {inputs[1]});
        results.push_back(losses);
        return results;
      }));
  return LossResult{outputs[1], outputs[0]};
}

}  // namespace

Tensor CheckActivation(const Activation& activation, const Tensor& x) {
  Tensor input = x.Clone();
  const absl::StatusOr<std::unique_ptr<Plan>> plan =
      PlanTrace({input}, [&](GraphBuilder&, absl::Span<const Value> inputs) {
        const Value y = activation.Call(inputs[0]);
        const Value loss = WeightedSum(y);
        return std::vector<Value>{y, Gradients(loss, {inputs[0]})[0], loss};
      });
  EXPECT_TRUE(IsOk(plan));
  if (!plan.ok()) return x;
  const absl::StatusOr<std::vector<Tensor>> first = RunPlan(**plan, {input}, 3);
  EXPECT_TRUE(IsOk(first));
  const absl::Span<float> values = input.mutable_values<float>();
  for (size_t i = 0; i < values.size(); ++i) {
    const float at = values[i];
    const auto loss = [&](float value) {
      values[i] = value;
      return static_cast<double>(
          RunPlan(**plan, {input}, 3)->at(2).values<float>()[0]);
    };
    const double slope = (loss(at + 0.01f) - loss(at - 0.01f)) / 0.02;
    values[i] = at;
    EXPECT_NEAR((*first)[1].values<float>()[i], slope, 5e-3) << at;
  }
  return (*first)[0];
}

Tensor CheckInitializer(const Initializer& initializer, const Shape& shape,
                        uint64_t seed) {
  const Tensor value = Filled(initializer, shape, seed);
  EXPECT_EQ(BytesOf({Filled(initializer, shape, seed)}), BytesOf({value}));
  const absl::StatusOr<std::unique_ptr<Initializer>> made =
      Deserialize<Initializer>(Serialize(initializer));
  EXPECT_TRUE(IsOk(made));
  if (made.ok()) {
    EXPECT_EQ(BytesOf({Filled(**made, shape, seed)}), BytesOf({value}));
  }
  return value;
}

float Largest(const Tensor& tensor) {
  float largest = 0;
  for (const float x : tensor.values<float>()) {
    largest = std::max(largest, std::abs(x));
  }
  return largest;
}

double MeanOf(const Tensor& tensor) {
  double sum = 0;
  for (const float x : tensor.values<float>()) sum += x;
  return sum / static_cast<double>(tensor.size());
}

double DeviationOf(const Tensor& tensor) {
  const double mean = MeanOf(tensor);
  double sum = 0;
  for (const float x : tensor.values<float>()) sum += (x - mean) * (x - mean);
  return std::sqrt(sum / static_cast<double>(tensor.size()));
}

absl::StatusOr<LossResult> RunLoss(const Loss& loss, const Tensor& target,
                                   const Tensor& prediction) {
  return RunLoss(loss, target, prediction, /*softmax=*/false);
}

absl::StatusOr<LossResult> RunLossOfSoftmax(const Loss& loss,
                                            const Tensor& target,
                                            const Tensor& logits) {
  return RunLoss(loss, target, logits, /*softmax=*/true);
}

absl::StatusOr<double> RunMetric(const Metric& metric,
                                 const std::vector<MetricBatch>& batches) {
  std::vector<Tensor> totals;
  for (const auto& [name, spec] : metric.totals()) {
    totals.push_back(Tensor::Zeros(spec));
  }
  EXPECT_EQ(metric.Result(totals), 0) << "before any batch";
  for (const MetricBatch& batch : batches) {
    std::vector<Tensor> inputs = totals;
    inputs.push_back(batch.target);
    inputs.push_back(batch.prediction);
    CAIRN_ASSIGN_OR_RETURN(
        totals,
        RunTrace(inputs, [&](GraphBuilder&, absl::Span<const Value> values) {
          const size_t count = totals.size();
          return metric.Update(values.subspan(0, count), values[count],
                               values[count + 1]);
        }));
  }
  return metric.Result(totals);
}

}  // namespace cairn
