#ifndef CAIRN_LAYERS_CONV2D_H_
#define CAIRN_LAYERS_CONV2D_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "core/layer/activation.h"
#include "core/layer/initializer.h"
#include "core/layer/layer.h"
#include "layers/image_window.h"

namespace cairn {

struct Conv2DOptions {
  int64_t filters = 0;  // Must be positive.
  std::array<int64_t, 2> kernel_size = {0, 0};
  std::array<int64_t, 2> strides = {1, 1};
  std::string padding = "valid";
  std::array<int64_t, 2> dilation_rate = {1, 1};
  Rule<Activation> activation;  // Empty: linear.
  bool use_bias = true;
  Rule<Initializer> kernel_initializer = "glorot_uniform";
  Rule<Initializer> bias_initializer = "zeros";
  std::string name;
  bool trainable = true;
  std::string dtype;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("filters", self.filters);
    field("kernel_size", self.kernel_size);
    field("strides", self.strides);
    field("padding", self.padding);
    field("dilation_rate", self.dilation_rate);
    field("activation", self.activation);
    field("use_bias", self.use_bias);
    field("kernel_initializer", self.kernel_initializer);
    field("bias_initializer", self.bias_initializer);
    VisitLayerFields(self, field);
  }
};

// activation(the convolution of images (batch, height, width, channels) with
// `filters` filters + bias). `padding` is "valid" or "same". Weights, in this
// order: "kernel" (height, width, inputs, filters) and, unless use_bias is
// false, "bias" (filters). As keras.layers.Conv2D with channels last.
class Conv2D : public Layer {
 public:
  static constexpr absl::string_view kClassName = "Conv2D";
  using Options = Conv2DOptions;
  explicit Conv2D(Options options = {}) : Layer(options), options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override;

 protected:
  absl::Status Build(absl::Span<const TensorSpec> inputs) override;
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override;

 private:
  ImageWindow Window() const;

  const Options options_;
  std::shared_ptr<const Activation> activation_;
  std::shared_ptr<Variable> kernel_weight_;
  std::shared_ptr<Variable> bias_weight_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_CONV2D_H_
