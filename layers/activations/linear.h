#ifndef CAIRN_LAYERS_ACTIVATIONS_LINEAR_H_
#define CAIRN_LAYERS_ACTIVATIONS_LINEAR_H_

#include "absl/strings/string_view.h"
#include "core/layer/activation.h"

namespace cairn {

// x itself. As keras.activations.linear.
class Linear : public Activation {
 public:
  static constexpr absl::string_view kClassName = "linear";
  using Options = NoOptions;
  explicit Linear(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  Value Call(Value x) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_ACTIVATIONS_LINEAR_H_
