#ifndef CAIRN_LAYERS_ACTIVATIONS_SIGMOID_H_
#define CAIRN_LAYERS_ACTIVATIONS_SIGMOID_H_

#include "absl/strings/string_view.h"
#include "core/layer/activation.h"

namespace cairn {

// 1 / (1 + exp(-x)). As keras.activations.sigmoid.
class Sigmoid : public Activation {
 public:
  static constexpr absl::string_view kClassName = "sigmoid";
  using Options = NoOptions;
  explicit Sigmoid(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  Value Call(Value x) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_ACTIVATIONS_SIGMOID_H_
