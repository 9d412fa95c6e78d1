#include "core/model/sequential.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/graph/builder.h"
#include "core/model/input_layer.h"

namespace cairn {

Layer& Sequential::Add(std::shared_ptr<Layer> layer) {
  Layer& result = *layer;
  absl::Status status;
  if (built()) {
    status = absl::FailedPreconditionError(absl::StrCat(
        Label(), ": layers must be added before the model is built"));
  } else if (dynamic_cast<InputLayer*>(layer.get()) != nullptr) {
    if (!children().empty() || input_layer_ != nullptr) {
      status = absl::InvalidArgumentError(
          absl::StrCat(Label(), ": an InputLayer can only be the first layer"));
    } else {
      layer->SetNameIfEmpty("input_layer");
      input_layer_ = std::move(layer);
    }
  } else {
    status = AddChild(absl::StrCat(children().size()), layer);
    if (status.ok()) {
      const int call = static_cast<int>(calls_.size());
      calls_.push_back({std::move(layer), {Source{call - 1, 0}}});
      outputs_ = {Source{call, 0}};
    }
  }
  if (first_error_.ok()) first_error_ = status;
  return result;
}

absl::Status Sequential::Build(absl::Span<const TensorSpec> inputs) {
  CAIRN_RETURN_IF_ERROR(first_error_);
  if (children().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(Label(), " has no layers; add some first"));
  }
  return CheckInputs(inputs);
}

absl::Status Sequential::CheckInputs(
    absl::Span<const TensorSpec> inputs) const {
  if (inputs.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(Label(), " takes one input, got ", inputs.size()));
  }
  if (input_layer_ == nullptr) return absl::OkStatus();
  CAIRN_ASSIGN_OR_RETURN(
      const TensorSpec wanted,
      static_cast<const InputLayer&>(*input_layer_).InputSpec());
  bool fits = wanted.shape.size() == inputs[0].shape.size();
  for (size_t i = 1; fits && i < wanted.shape.size(); ++i) {
    fits = wanted.shape[i] == inputs[0].shape[i];
  }
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      Label(), " takes inputs of shape ", ShapeToString(wanted.shape), ", got ",
      ShapeToString(inputs[0].shape)));
}

Values Sequential::Call(const CallContext& context,
                        absl::Span<const Value> inputs) {
  std::vector<TensorSpec> specs;
  for (const Value input : inputs) specs.push_back(input.spec());
  const absl::Status status = CheckInputs(specs);
  if (!status.ok()) return context.builder().Fail(status);
  return Functional::Call(context, inputs);
}

absl::Status Sequential::CheckBuilt() {
  if (!built() && input_layer_ != nullptr) {
    CAIRN_ASSIGN_OR_RETURN(
        const TensorSpec spec,
        static_cast<const InputLayer&>(*input_layer_).InputSpec());
    return EnsureBuilt({spec}, seed());
  }
  return Functional::CheckBuilt();
}

Config Sequential::GetConfig() const {
  Config::List layers;
  if (input_layer_ != nullptr) layers.push_back(Serialize(*input_layer_));
  for (const Child& child : children()) {
    layers.push_back(Serialize(*child.layer));
  }
  return Config::Object{{"name", name()}, {"layers", std::move(layers)}};
}

}  // namespace cairn
