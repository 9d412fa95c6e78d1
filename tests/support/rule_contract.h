#ifndef CAIRN_TESTS_SUPPORT_RULE_CONTRACT_H_
#define CAIRN_TESTS_SUPPORT_RULE_CONTRACT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/custom_objects.h"
#include "core/layer/activation.h"
#include "core/layer/initializer.h"
#include "core/tensor/tensor.h"
#include "core/training/loss.h"
#include "core/training/metric.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {

// Checks that a rule is rebuilt from its config, and that each of `names` gives
// one of its class with the default options.
template <typename Kind>
void CheckRule(const Kind& rule, const std::vector<std::string>& names) {
  const absl::StatusOr<std::unique_ptr<Kind>> made =
      Deserialize<Kind>(Serialize(rule));
  ASSERT_TRUE(IsOk(made));
  EXPECT_EQ((*made)->class_name(), rule.class_name());
  EXPECT_EQ((*made)->GetConfig(), rule.GetConfig());
  for (const std::string& name : names) {
    const absl::StatusOr<std::unique_ptr<Kind>> named =
        CustomObjects().Create<Kind>(name, Config(Config::Object()));
    ASSERT_TRUE(IsOk(named));
    EXPECT_EQ((*named)->class_name(), rule.class_name());
  }
}

// The activation of `x`. Its gradient is compared with central differences.
Tensor CheckActivation(const Activation& activation, const Tensor& x);

// A weight of that shape, filled from the stream of `seed`. Checks that the
// same seed gives the same bits and that a rule with the config gives them too.
Tensor CheckInitializer(const Initializer& initializer, const Shape& shape,
                        uint64_t seed = 1);
float Largest(const Tensor& tensor);  // Of the absolute values.
double MeanOf(const Tensor& tensor);
double DeviationOf(const Tensor& tensor);

// One loss per sample, and the gradient of their mean.
struct LossResult {
  Tensor values, gradient;
};
absl::StatusOr<LossResult> RunLoss(const Loss& loss, const Tensor& target,
                                   const Tensor& prediction);
// The prediction is the softmax of `logits`; the gradient is to these.
absl::StatusOr<LossResult> RunLossOfSoftmax(const Loss& loss,
                                            const Tensor& target,
                                            const Tensor& logits);

// The result over batches of (target, prediction), and the zero before them.
struct MetricBatch {
  Tensor target, prediction;
};
absl::StatusOr<double> RunMetric(const Metric& metric,
                                 const std::vector<MetricBatch>& batches);

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_RULE_CONTRACT_H_
