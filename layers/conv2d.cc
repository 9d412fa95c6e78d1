#include "layers/conv2d.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "core/graph/builder.h"
#include "core/ops/bias_add.h"
#include "core/ops/conv2d.h"

namespace cairn {

Config Conv2D::GetConfig() const {
  // The name may have come from a parent.
  Options options = options_;
  options.name = name();
  return ToConfig(options);
}

ImageWindow Conv2D::Window() const {
  return {.size = options_.kernel_size,
          .strides = options_.strides,
          .dilations = options_.dilation_rate,
          .padding = options_.padding};
}

absl::Status Conv2D::Build(absl::Span<const TensorSpec> inputs) {
  if (options_.filters <= 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        Label(), ": filters must be positive, got ", options_.filters));
  }
  const auto& size = options_.kernel_size;
  const Shape& shape = inputs[0].shape;
  CAIRN_RETURN_IF_ERROR(Annotate(CheckImageWindow(shape, Window()), Label()));
  if (shape[3] == kDynamic) {
    return absl::InvalidArgumentError(
        absl::StrCat(Label(), ": inputs need a known number of channels, got ",
                     ShapeToString(shape)));
  }
  if (!options_.activation.empty()) {
    CAIRN_ASSIGN_OR_RETURN(activation_, options_.activation.Get());
  }
  CAIRN_ASSIGN_OR_RETURN(
      kernel_weight_,
      AddWeight({.name = "kernel",
                 .shape = {size[0], size[1], shape[3], options_.filters},
                 .initializer = options_.kernel_initializer}));
  if (options_.use_bias) {
    CAIRN_ASSIGN_OR_RETURN(
        bias_weight_, AddWeight({.name = "bias",
                                 .shape = {options_.filters},
                                 .initializer = options_.bias_initializer}));
  }
  return absl::OkStatus();
}

Values Conv2D::Call(const CallContext& context,
                    absl::Span<const Value> inputs) {
  const absl::Status status =
      CheckImageWindow(inputs[0].spec().shape, Window());
  if (!status.ok()) return context.builder().Fail(Annotate(status, Label()));
  Value y = ops::Conv2D(inputs[0], context.Read(kernel_weight_),
                        {.strides = options_.strides,
                         .dilations = options_.dilation_rate,
                         .padding = absl::AsciiStrToUpper(options_.padding)});
  if (options_.use_bias) y = ops::BiasAdd(y, context.Read(bias_weight_));
  return activation_ == nullptr ? y : activation_->Call(y);
}

CAIRN_REGISTER_LAYER(Conv2D);

}  // namespace cairn
