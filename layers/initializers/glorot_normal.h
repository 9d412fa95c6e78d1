#ifndef CAIRN_LAYERS_INITIALIZERS_GLOROT_NORMAL_H_
#define CAIRN_LAYERS_INITIALIZERS_GLOROT_NORMAL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/layer/initializer.h"

namespace cairn {

// Normal with variance 2 / (fan_in + fan_out), truncated at two deviations:
// Glorot and Bengio (2010). As keras.initializers.GlorotNormal.
class GlorotNormal : public Initializer {
 public:
  static constexpr absl::string_view kClassName = "GlorotNormal";
  static constexpr absl::string_view kName = "glorot_normal";
  using Options = NoOptions;
  explicit GlorotNormal(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  absl::Status Fill(RandomStream& stream, Tensor& value) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_INITIALIZERS_GLOROT_NORMAL_H_
