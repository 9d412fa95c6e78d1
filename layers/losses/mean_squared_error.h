#ifndef CAIRN_LAYERS_LOSSES_MEAN_SQUARED_ERROR_H_
#define CAIRN_LAYERS_LOSSES_MEAN_SQUARED_ERROR_H_

#include "absl/strings/string_view.h"
#include "core/training/loss.h"

namespace cairn {

// The mean of (prediction - target)^2 along the last axis. As
// keras.losses.MeanSquaredError. Targets have the prediction's shape, or lack
// its last axis if that is 1.
class MeanSquaredError : public Loss {
 public:
  static constexpr absl::string_view kClassName = "MeanSquaredError";
  static constexpr absl::string_view kName = "mean_squared_error";
  using Options = NoOptions;
  explicit MeanSquaredError(Options = {}) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return Config::Object(); }
  Value Call(Value target, Value prediction) const override;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_LOSSES_MEAN_SQUARED_ERROR_H_
