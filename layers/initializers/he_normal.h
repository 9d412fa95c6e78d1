#ifndef CAIRN_LAYERS_INITIALIZERS_HE_NORMAL_H_
#define CAIRN_LAYERS_INITIALIZERS_HE_NORMAL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/layer/initializer.h"

namespace cairn {

// Normal with variance 2 / fan_in, truncated at two deviations: He et al.
// (2015). As keras.initializers.HeNormal.
class HeNormal : public Initializer {
 public:
  static constexpr absl::string_view kClassName = "HeNormal";
  static constexpr absl::string_view kName = "he_normal";
  using Options = NoOptions;
  explicit HeNormal(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  absl::Status Fill(RandomStream& stream, Tensor& value) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_INITIALIZERS_HE_NORMAL_H_
