#ifndef CAIRN_LAYERS_INITIALIZERS_ONES_H_
#define CAIRN_LAYERS_INITIALIZERS_ONES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/layer/initializer.h"

namespace cairn {

// All 1. As keras.initializers.Ones.
class Ones : public Initializer {
 public:
  static constexpr absl::string_view kClassName = "Ones";
  static constexpr absl::string_view kName = "ones";
  using Options = NoOptions;
  explicit Ones(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  absl::Status Fill(RandomStream& stream, Tensor& value) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_INITIALIZERS_ONES_H_
