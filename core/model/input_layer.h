#ifndef CAIRN_CORE_MODEL_INPUT_LAYER_H_
#define CAIRN_CORE_MODEL_INPUT_LAYER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/layer/layer.h"

namespace cairn {

struct InputLayerOptions {
  std::vector<int64_t> shape;  // Of one sample, without the batch.
  std::string name;
  bool trainable = true;
  std::string dtype;  // Empty: "float32".

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("shape", self.shape);
    VisitLayerFields(self, field);
  }
};

// The shape of a model's input: a place that computes nothing. As
// keras.layers.InputLayer.
class InputLayer : public Layer {
 public:
  static constexpr absl::string_view kClassName = "InputLayer";
  using Options = InputLayerOptions;
  explicit InputLayer(Options options)
      : Layer(options), options_(std::move(options)) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override;

  // With a dynamic first dimension. InvalidArgument if the type has no name of
  // ours or a dimension is not positive.
  absl::StatusOr<TensorSpec> InputSpec() const;

 protected:
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override;

 private:
  const Options options_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_MODEL_INPUT_LAYER_H_
