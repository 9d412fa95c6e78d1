#ifndef CAIRN_LAYERS_FLATTEN_H_
#define CAIRN_LAYERS_FLATTEN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "core/layer/layer.h"

namespace cairn {

struct FlattenOptions {
  std::string name;
  bool trainable = true;
  std::string dtype;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    VisitLayerFields(self, field);
  }
};

// All axes but the first as one. As keras.layers.Flatten.
class Flatten : public Layer {
 public:
  static constexpr absl::string_view kClassName = "Flatten";
  using Options = FlattenOptions;
  explicit Flatten(Options options = {}) : Layer(options), options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override;

 protected:
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override;

 private:
  const Options options_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_FLATTEN_H_
