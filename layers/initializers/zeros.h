#ifndef CAIRN_LAYERS_INITIALIZERS_ZEROS_H_
#define CAIRN_LAYERS_INITIALIZERS_ZEROS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/layer/initializer.h"

namespace cairn {

// All 0. As keras.initializers.Zeros.
class Zeros : public Initializer {
 public:
  static constexpr absl::string_view kClassName = "Zeros";
  static constexpr absl::string_view kName = "zeros";
  using Options = NoOptions;
  explicit Zeros(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  absl::Status Fill(RandomStream& stream, Tensor& value) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_INITIALIZERS_ZEROS_H_
