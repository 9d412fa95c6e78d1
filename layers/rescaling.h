#ifndef CAIRN_LAYERS_RESCALING_H_
#define CAIRN_LAYERS_RESCALING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "core/layer/layer.h"

namespace cairn {

struct RescalingOptions {
  double scale = 1;
  double offset = 0;
  std::string name;
  bool trainable = true;
  std::string dtype;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("scale", self.scale);
    field("offset", self.offset);
    VisitLayerFields(self, field);
  }
};

// input * scale + offset, in float32 whatever the input's type. As
// keras.layers.Rescaling.
class Rescaling : public Layer {
 public:
  static constexpr absl::string_view kClassName = "Rescaling";
  using Options = RescalingOptions;
  explicit Rescaling(Options options = {})
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

#endif  // CAIRN_LAYERS_RESCALING_H_
