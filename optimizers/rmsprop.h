#ifndef CAIRN_OPTIMIZERS_RMSPROP_H_
#define CAIRN_OPTIMIZERS_RMSPROP_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "core/training/optimizer.h"

namespace cairn {

struct RMSpropOptions {
  double learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("learning_rate", self.learning_rate);
    field("rho", self.rho);
    field("momentum", self.momentum);
    field("epsilon", self.epsilon);
    field("centered", self.centered);
  }
};

// Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning"
// (2012): v <- rho v + (1 - rho) g^2, w -= rate g / sqrt(v + epsilon). With
// centered, the square of the mean gradient is taken from v. With momentum, the
// step goes through a velocity. As keras.optimizers.RMSprop.
class RMSprop : public Optimizer {
 public:
  static constexpr absl::string_view kClassName = "RMSprop";
  static constexpr absl::string_view kName = "rmsprop";
  using Options = RMSpropOptions;
  explicit RMSprop(Options options = {}) : options_(options) {}
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

#endif  // CAIRN_OPTIMIZERS_RMSPROP_H_
