#ifndef CAIRN_LAYERS_ACTIVATIONS_SOFTMAX_H_
#define CAIRN_LAYERS_ACTIVATIONS_SOFTMAX_H_

#include "absl/strings/string_view.h"
#include "core/layer/activation.h"

namespace cairn {

// exp(x) over its sum along the last axis. As keras.activations.softmax.
class Softmax : public Activation {
 public:
  static constexpr absl::string_view kClassName = "softmax";
  using Options = NoOptions;
  explicit Softmax(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  Value Call(Value x) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_ACTIVATIONS_SOFTMAX_H_
