#ifndef CAIRN_LAYERS_MAX_POOLING2D_H_
#define CAIRN_LAYERS_MAX_POOLING2D_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "core/layer/layer.h"

namespace cairn {

struct MaxPooling2DOptions {
  std::array<int64_t, 2> pool_size = {2, 2};
  std::optional<std::array<int64_t, 2>> strides;  // None: pool_size.
  std::string padding = "valid";
  std::string name;
  bool trainable = true;
  std::string dtype;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("pool_size", self.pool_size);
    field("strides", self.strides);
    field("padding", self.padding);
    VisitLayerFields(self, field);
  }
};

// The largest of each window over images (batch, height, width, channels).
// `padding` is "valid" or "same". As keras.layers.MaxPooling2D.
class MaxPooling2D : public Layer {
 public:
  static constexpr absl::string_view kClassName = "MaxPooling2D";
  using Options = MaxPooling2DOptions;
  explicit MaxPooling2D(Options options = {})
      : Layer(options), options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override;

 protected:
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override;

 private:
  const Options options_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_MAX_POOLING2D_H_
