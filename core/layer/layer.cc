#include "core/layer/layer.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <unordered_set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/annotate.h"
#include "core/base/check.h"
#include "core/base/philox.h"
#include "core/base/status_macros.h"
#include "core/graph/builder.h"
#include "core/tensor/cast.h"

namespace cairn {
namespace {

std::vector<TensorSpec> SpecsOf(absl::Span<const Value> values) {
  std::vector<TensorSpec> specs;
  for (const Value value : values) specs.push_back(value.spec());
  return specs;
}

bool IsUpper(char c) { return absl::ascii_isupper(c); }
bool IsLower(char c) { return absl::ascii_islower(c); }

}  // namespace

std::string ToSnakeCase(absl::string_view class_name) {
  // A package, "Custom>", is no part of the name.
  const size_t package = class_name.rfind('>');
  if (package != absl::string_view::npos) class_name.remove_prefix(package + 1);
  std::string name;
  for (size_t i = 0; i < class_name.size(); ++i) {
    const char c = class_name[i];
    const bool word_begins =
        i > 0 && IsUpper(c) &&
        (IsLower(class_name[i - 1]) ||
         (i + 1 < class_name.size() && IsLower(class_name[i + 1]) &&
          class_name[i - 1] != '_'));
    if (word_begins) name += '_';
    name += absl::ascii_tolower(c);
  }
  return name;
}

std::string Layer::Label() const {
  return absl::StrCat(class_name(), " \"", name_, "\"");
}

void Layer::SetNameIfEmpty(absl::string_view name) {
  if (name_.empty()) name_ = std::string(name);
}

absl::Status Layer::Build(absl::Span<const TensorSpec>) {
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Variable>> Layer::AddWeight(WeightSpec spec) {
  CAIRN_CHECK(building_ != nullptr);
  if (std::find(own_weight_names_.begin(), own_weight_names_.end(),
                spec.name) != own_weight_names_.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Label(), ": two weights are called \"", spec.name, "\""));
  }
  const std::string& path = building_->path();
  const std::string full_name =
      path.empty() ? spec.name : absl::StrCat(path, "/", spec.name);
  const std::string label =
      absl::StrCat(Label(), ": weight \"", spec.name, "\"");
  if (spec.trainable && spec.dtype != DType::kFloat32) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, ": its type is ", DTypeName(spec.dtype),
                     ", but what is trained is float32; set .trainable = false "
                     "or another .dtype"));
  }
  auto variable = std::make_shared<Variable>(
      full_name, TensorSpec{spec.dtype, spec.shape}, spec.trainable);
  const std::string edge = spec.edge.empty() ? spec.name : spec.edge;
  bool filled = false;
  if (deferred_ != nullptr) {
    auto restored = deferred_->Fill(edge, *variable);
    if (!restored.ok()) return Annotate(restored.status(), label);
    filled = *restored;
  }
  if (!filled) {
    CAIRN_RETURN_IF_ERROR(
        Annotate(FillFirst(spec, full_name, *variable), label));
  }
  own_weights_.emplace_back(edge, variable);
  own_weight_names_.push_back(spec.name);
  return variable;
}

absl::Status Layer::FillFirst(const WeightSpec& spec,
                              const std::string& full_name,
                              Variable& variable) const {
  CAIRN_ASSIGN_OR_RETURN(const std::shared_ptr<const Initializer> initializer,
                         spec.initializer.Get());
  RandomStream stream(StreamKey(building_->seed(), full_name));
  if (spec.dtype == DType::kFloat32) {
    return initializer->Fill(stream, variable.mutable_value());
  }
  Tensor floats = Tensor::Zeros({DType::kFloat32, spec.shape});
  CAIRN_RETURN_IF_ERROR(initializer->Fill(stream, floats));
  CAIRN_ASSIGN_OR_RETURN(const Tensor value, CastTensor(floats, spec.dtype));
  return variable.Assign(value);
}

void Layer::DeferRestore(std::shared_ptr<DeferredValues> values) {
  if (!built_) deferred_ = std::move(values);
}

absl::Status Layer::AddChild(absl::string_view edge,
                             std::shared_ptr<Layer> child) {
  std::unordered_set<std::string> taken;
  for (const Child& other : children_) {
    if (other.layer != child) taken.insert(other.layer->name());
  }
  if (child->name().empty()) {
    const std::string base = ToSnakeCase(child->class_name());
    std::string name = base;
    for (int i = 1; taken.count(name) > 0; ++i)
      name = absl::StrCat(base, "_", i);
    child->SetNameIfEmpty(name);
  } else if (taken.count(child->name()) > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(Label(), ": two layers are called \"", child->name(),
                     "\"; give one of them another name"));
  }
  children_.push_back({std::string(edge), child});
  if (deferred_ == nullptr) return absl::OkStatus();
  const absl::Status status = deferred_->FillChild(std::string(edge), *child);
  if (!status.ok()) children_.pop_back();
  return Annotate(status, Label());
}

void Layer::CollectWeights(const std::string& prefix, bool trainable,
                           std::vector<Weight>& weights) const {
  trainable = trainable && trainable_;
  for (size_t i = 0; i < own_weights_.size(); ++i) {
    const std::shared_ptr<Variable>& variable = own_weights_[i].second;
    weights.push_back({absl::StrCat(prefix, own_weight_names_[i]), variable,
                       trainable && variable->trainable()});
  }
  for (const Child& child : children_) {
    child.layer->CollectWeights(absl::StrCat(prefix, child.layer->name(), "/"),
                                trainable, weights);
  }
}

std::vector<Weight> Layer::weights() const {
  std::vector<Weight> weights;
  CollectWeights("", true, weights);
  // One that several layers share is listed where it is met first.
  std::unordered_set<const Variable*> listed;
  std::erase_if(weights, [&](const Weight& weight) {
    return !listed.insert(weight.variable.get()).second;
  });
  return weights;
}

std::vector<Tensor> Layer::GetWeights() const {
  std::vector<Tensor> values;
  for (const Weight& weight : weights()) {
    values.push_back(weight.variable->value().Clone());
  }
  return values;
}

absl::Status Layer::SetWeights(absl::Span<const Tensor> values) {
  if (!built_) {
    return absl::FailedPreconditionError(
        absl::StrCat(Label(),
                     " has no weights yet: build it first, by calling it or by "
                     "EnsureBuilt()"));
  }
  const std::vector<Weight> all = weights();
  if (all.size() != values.size()) {
    return absl::InvalidArgumentError(absl::StrCat(Label(), " has ", all.size(),
                                                   " weights, ", values.size(),
                                                   " values were given"));
  }
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].variable->spec() != values[i].spec()) {
      return absl::InvalidArgumentError(absl::StrCat(
          Label(), ": weight ", i, " \"", all[i].path, "\" is ",
          SpecToString(all[i].variable->spec()), ", the value given is ",
          SpecToString(values[i].spec())));
    }
  }
  for (size_t i = 0; i < all.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(all[i].variable->Assign(values[i]));
  }
  return absl::OkStatus();
}

absl::Status Layer::EnsureBuilt(absl::Span<const TensorSpec> inputs,
                                uint64_t seed) {
  if (name_.empty()) name_ = ToSnakeCase(class_name());
  GraphBuilder builder;
  Trace trace{.builder = &builder, .training = false, .seed = seed};
  std::vector<Value> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    values.push_back(builder.AddInput(absl::StrCat("input_", i), inputs[i]));
  }
  Apply(CallContext(&trace), values);
  return builder.status();
}

absl::Status Layer::BuildOnce(const CallContext& context,
                              absl::Span<const TensorSpec> inputs) {
  if (built_) return absl::OkStatus();
  if (!dtype_.empty() && dtype_ != "float32") {
    return absl::InvalidArgumentError(absl::StrCat(
        Label(), ": dtype is \"", dtype_, "\"; layers compute in \"float32\""));
  }
  const auto child_count = static_cast<ptrdiff_t>(children_.size());
  building_ = &context;
  const absl::Status status = Build(inputs);
  building_ = nullptr;
  if (!status.ok()) {
    // A second try finds the layer as it was.
    own_weights_.clear();
    own_weight_names_.clear();
    children_.erase(children_.begin() + child_count, children_.end());
    return status;
  }
  built_ = true;
  deferred_ = nullptr;
  return absl::OkStatus();
}

Values Layer::Apply(const CallContext& context,
                    absl::Span<const Value> inputs) {
  GraphBuilder& builder = context.builder();
  const Value invalid(&builder, ValueId());
  for (const Value input : inputs) {
    if (!input.valid()) return invalid;
  }
  const Layer* const caller = context.layer_;
  if (caller == nullptr) {
    if (name_.empty()) name_ = ToSnakeCase(class_name());
  } else if (std::none_of(caller->children_.begin(), caller->children_.end(),
                          [&](const Child& child) {
                            return child.layer.get() == this;
                          })) {
    return builder.Fail(absl::FailedPreconditionError(
        absl::StrCat(caller->Label(), " calls ", Label(),
                     ", which is not its child; add it with AddChild()")));
  }
  if (building_ != nullptr) {
    return builder.Fail(
        absl::InvalidArgumentError(absl::StrCat(Label(), " contains itself")));
  }
  const CallContext own = context.Below(this, name_);
  const absl::Status built = BuildOnce(own, SpecsOf(inputs));
  if (!built.ok()) return builder.Fail(built);
  return Call(own, inputs);
}

}  // namespace cairn
