#ifndef CAIRN_LAYERS_ACTIVATIONS_RELU_H_
#define CAIRN_LAYERS_ACTIVATIONS_RELU_H_

#include "absl/strings/string_view.h"
#include "core/layer/activation.h"

namespace cairn {

// max(x, 0). As keras.activations.relu.
class Relu : public Activation {
 public:
  static constexpr absl::string_view kClassName = "relu";
  using Options = NoOptions;
  explicit Relu(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  Value Call(Value x) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_ACTIVATIONS_RELU_H_
