#ifndef CAIRN_LAYERS_INITIALIZERS_HE_UNIFORM_H_
#define CAIRN_LAYERS_INITIALIZERS_HE_UNIFORM_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/layer/initializer.h"

namespace cairn {

// Uniform in +-sqrt(6 / fan_in): He et al., "Delving deep into rectifiers"
// (2015). As keras.initializers.HeUniform.
class HeUniform : public Initializer {
 public:
  static constexpr absl::string_view kClassName = "HeUniform";
  static constexpr absl::string_view kName = "he_uniform";
  using Options = NoOptions;
  explicit HeUniform(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  absl::Status Fill(RandomStream& stream, Tensor& value) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_INITIALIZERS_HE_UNIFORM_H_
