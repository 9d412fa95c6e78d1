#ifndef CAIRN_OPTIMIZERS_SGD_H_
#define CAIRN_OPTIMIZERS_SGD_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "core/training/optimizer.h"

namespace cairn {

struct SGDOptions {
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("learning_rate", self.learning_rate);
    field("momentum", self.momentum);
    field("nesterov", self.nesterov);
  }
};

// Gradient descent: w -= rate g. With momentum: m <- momentum m - rate g, then
// w += m, or with nesterov w += momentum m - rate g. As keras.optimizers.SGD.
class SGD : public Optimizer {
 public:
  static constexpr absl::string_view kClassName = "SGD";
  static constexpr absl::string_view kName = "sgd";
  using Options = SGDOptions;
  explicit SGD(Options options = {}) : options_(options) {}
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

#endif  // CAIRN_OPTIMIZERS_SGD_H_
