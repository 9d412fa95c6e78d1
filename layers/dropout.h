#ifndef CAIRN_LAYERS_DROPOUT_H_
#define CAIRN_LAYERS_DROPOUT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "core/layer/layer.h"

namespace cairn {

struct DropoutOptions {
  double rate = 0;  // In [0, 1).
  std::string name;
  bool trainable = true;
  std::string dtype;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("rate", self.rate);
    VisitLayerFields(self, field);
  }
};

// In training, sets each element to 0 with probability `rate` and multiplies
// the others by 1 / (1 - rate); else hands its input on. Srivastava et al.,
// "Dropout: a simple way to prevent neural networks from overfitting" (2014).
// As keras.layers.Dropout.
class Dropout : public Layer {
 public:
  static constexpr absl::string_view kClassName = "Dropout";
  using Options = DropoutOptions;
  explicit Dropout(Options options = {}) : Layer(options), options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override;

 protected:
  absl::Status Build(absl::Span<const TensorSpec> inputs) override;
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override;

 private:
  const Options options_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_DROPOUT_H_
