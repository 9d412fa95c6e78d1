#ifndef CAIRN_LAYERS_DENSE_H_
#define CAIRN_LAYERS_DENSE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "core/layer/activation.h"
#include "core/layer/initializer.h"
#include "core/layer/layer.h"

namespace cairn {

struct DenseOptions {
  int64_t units = 0;            // Must be positive.
  Rule<Activation> activation;  // Empty: linear.
  bool use_bias = true;
  Rule<Initializer> kernel_initializer = "glorot_uniform";
  Rule<Initializer> bias_initializer = "zeros";
  std::string name;
  bool trainable = true;
  std::string dtype;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("units", self.units);
    field("activation", self.activation);
    field("use_bias", self.use_bias);
    field("kernel_initializer", self.kernel_initializer);
    field("bias_initializer", self.bias_initializer);
    VisitLayerFields(self, field);
  }
};

// activation(input kernel + bias) along the last axis. Weights, in this order:
// "kernel" (inputs, units) and, unless use_bias is false, "bias" (units). As
// keras.layers.Dense.
class Dense : public Layer {
 public:
  static constexpr absl::string_view kClassName = "Dense";
  using Options = DenseOptions;
  explicit Dense(Options options = {}) : Layer(options), options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override;

 protected:
  absl::Status Build(absl::Span<const TensorSpec> inputs) override;
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override;

 private:
  const Options options_;
  std::shared_ptr<const Activation> activation_;
  std::shared_ptr<Variable> kernel_weight_;
  std::shared_ptr<Variable> bias_weight_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_DENSE_H_
