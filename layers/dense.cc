#include "layers/dense.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/graph/builder.h"
#include "core/ops/bias_add.h"
#include "core/ops/matmul.h"
#include "core/ops/reshape.h"

namespace cairn {

Config Dense::GetConfig() const {
  // The name may have come from a parent.
  Options options = options_;
  options.name = name();
  return ToConfig(options);
}

absl::Status Dense::Build(absl::Span<const TensorSpec> inputs) {
  if (options_.units <= 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        Label(), ": units must be positive, got ", options_.units));
  }
  const Shape& shape = inputs[0].shape;
  if (shape.size() < 2 || shape.back() == kDynamic) {
    return absl::InvalidArgumentError(absl::StrCat(
        Label(), ": inputs need a last axis of known size, got shape ",
        ShapeToString(shape)));
  }
  if (!options_.activation.empty()) {
    CAIRN_ASSIGN_OR_RETURN(activation_, options_.activation.Get());
  }
  CAIRN_ASSIGN_OR_RETURN(
      kernel_weight_, AddWeight({.name = "kernel",
                                 .shape = {shape.back(), options_.units},
                                 .initializer = options_.kernel_initializer}));
  if (options_.use_bias) {
    CAIRN_ASSIGN_OR_RETURN(
        bias_weight_, AddWeight({.name = "bias",
                                 .shape = {options_.units},
                                 .initializer = options_.bias_initializer}));
  }
  return absl::OkStatus();
}

Values Dense::Call(const CallContext& context, absl::Span<const Value> inputs) {
  const Value x = inputs[0];
  // A copy: what is emitted moves the specs.
  const Shape shape = x.spec().shape;
  const int64_t features = kernel_weight_->spec().shape[0];
  if (shape.back() != features) {
    return context.builder().Fail(absl::InvalidArgumentError(
        absl::StrCat(Label(), " was built for ", features,
                     " features, its input has shape ", ShapeToString(shape))));
  }
  // The product is of matrices: further axes are rows.
  const bool matrix = shape.size() == 2;
  Value y = matrix ? x : ops::Reshape(x, {kDynamic, features});
  y = ops::MatMul(y, context.Read(kernel_weight_));
  if (options_.use_bias) y = ops::BiasAdd(y, context.Read(bias_weight_));
  if (!matrix) {
    Shape output = shape;
    output.back() = options_.units;
    y = ops::Reshape(y, output);
  }
  return activation_ == nullptr ? y : activation_->Call(y);
}

CAIRN_REGISTER_LAYER(Dense);

}  // namespace cairn
