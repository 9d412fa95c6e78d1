#ifndef CAIRN_LAYERS_ACTIVATIONS_TANH_H_
#define CAIRN_LAYERS_ACTIVATIONS_TANH_H_

#include "absl/strings/string_view.h"
#include "core/layer/activation.h"

namespace cairn {

// The hyperbolic tangent. As keras.activations.tanh.
class Tanh : public Activation {
 public:
  static constexpr absl::string_view kClassName = "tanh";
  using Options = NoOptions;
  explicit Tanh(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  Value Call(Value x) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_ACTIVATIONS_TANH_H_
