#ifndef CAIRN_LAYERS_INITIALIZERS_GLOROT_UNIFORM_H_
#define CAIRN_LAYERS_INITIALIZERS_GLOROT_UNIFORM_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/layer/initializer.h"

namespace cairn {

// Uniform in +-sqrt(6 / (fan_in + fan_out)): Glorot and Bengio, "Understanding
// the difficulty of training deep feedforward neural networks" (2010). As
// keras.initializers.GlorotUniform.
class GlorotUniform : public Initializer {
 public:
  static constexpr absl::string_view kClassName = "GlorotUniform";
  static constexpr absl::string_view kName = "glorot_uniform";
  using Options = NoOptions;
  explicit GlorotUniform(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  absl::Status Fill(RandomStream& stream, Tensor& value) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_INITIALIZERS_GLOROT_UNIFORM_H_
