#ifndef CAIRN_LAYERS_ACTIVATION_H_
#define CAIRN_LAYERS_ACTIVATION_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "core/layer/activation.h"
#include "core/layer/layer.h"

namespace cairn {

struct ActivationLayerOptions {
  Rule<Activation> activation;  // Must be given.
  std::string name;
  bool trainable = true;
  std::string dtype;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("activation", self.activation);
    VisitLayerFields(self, field);
  }
};

// Applies an activation. As keras.layers.Activation, whose name the rule has
// here.
class ActivationLayer : public Layer {
 public:
  static constexpr absl::string_view kClassName = "Activation";
  using Options = ActivationLayerOptions;
  explicit ActivationLayer(Options options)
      : Layer(options), options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override;

 protected:
  absl::Status Build(absl::Span<const TensorSpec> inputs) override;
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override;

 private:
  const Options options_;
  std::shared_ptr<const Activation> activation_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_ACTIVATION_H_
