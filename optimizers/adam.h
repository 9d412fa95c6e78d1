#ifndef CAIRN_OPTIMIZERS_ADAM_H_
#define CAIRN_OPTIMIZERS_ADAM_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "core/training/optimizer.h"

namespace cairn {

struct AdamOptions {
  double learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("learning_rate", self.learning_rate);
    field("beta_1", self.beta_1);
    field("beta_2", self.beta_2);
    field("epsilon", self.epsilon);
    field("amsgrad", self.amsgrad);
  }
};

// Kingma and Ba, "Adam: a method for stochastic optimization" (2015), in the
// form before its section 2.1: rate' = rate sqrt(1 - beta_2^t) / (1 -
// beta_1^t), w -= rate' m / (sqrt(v) + epsilon). With amsgrad, v is the largest
// so far (Reddi et al., 2018). As keras.optimizers.Adam.
class Adam : public Optimizer {
 public:
  static constexpr absl::string_view kClassName = "Adam";
  static constexpr absl::string_view kName = "adam";
  using Options = AdamOptions;
  explicit Adam(Options options = {}) : options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return ToConfig(options_); }
  std::vector<SlotSpec> slots() const override;
  double LearningRate(int64_t) const override { return options_.learning_rate; }
  Value Update(UpdateContext& context, Value weight,
               Value gradient) const override;

 private:
  const Options options_;
};

}  // namespace cairn

#endif  // CAIRN_OPTIMIZERS_ADAM_H_
