#include "core/graph/builder.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "core/graph/op.h"

namespace cairn {

const TensorSpec& Value::spec() const { return builder_->spec(*this); }

Value GraphBuilder::AddInput(absl::string_view name, TensorSpec spec) {
  const std::vector<Value> value = Emit(
      "Placeholder", {},
      {{"name", std::string(name)},
       {"dtype", spec.dtype},
       {"shape", std::vector<int64_t>(spec.shape.begin(), spec.shape.end())}});
  if (value[0].valid()) parts_.inputs.push_back(value[0].id());
  return value[0];
}

Value GraphBuilder::Read(std::shared_ptr<Variable> variable) {
  const auto found = reads_.find(variable.get());
  if (found != reads_.end()) return Value(this, found->second);
  const Variable* key = variable.get();
  const TensorSpec spec = variable->spec();
  const int64_t index = static_cast<int64_t>(parts_.variables.size());
  parts_.variables.push_back(std::move(variable));
  const std::vector<Value> value = Emit(
      "ReadVariableOp", {},
      {{"variable", index},
       {"dtype", spec.dtype},
       {"shape", std::vector<int64_t>(spec.shape.begin(), spec.shape.end())}});
  if (value[0].valid()) reads_[key] = value[0].id();
  return value[0];
}

void GraphBuilder::Update(std::shared_ptr<Variable> variable, Value new_value) {
  if (!new_value.valid()) return;
  if (spec(new_value) != variable->spec()) {
    Fail(absl::InternalError(
        absl::StrCat("variable \"", variable->name(), "\" is ",
                     SpecToString(variable->spec()), ", its update is ",
                     SpecToString(spec(new_value)))));
    return;
  }
  for (Graph::Update& update : parts_.updates) {
    if (update.variable == variable) {
      update.new_value = new_value.id();
      return;
    }
  }
  parts_.updates.push_back({std::move(variable), new_value.id()});
}

Value GraphBuilder::PendingUpdate(const Variable& variable) const {
  for (const Graph::Update& update : parts_.updates) {
    if (update.variable.get() == &variable) {
      return Value(const_cast<GraphBuilder*>(this), update.new_value);
    }
  }
  return Value();
}

std::vector<Value> GraphBuilder::Emit(absl::string_view op,
                                      absl::Span<const Value> inputs,
                                      Attrs attrs, SourceLocation where) {
  const Value invalid(this, ValueId());
  if (!status_.ok()) return {invalid};
  const OpDef* definition = FindOp(op);
  if (definition == nullptr) {
    return {Fail(
        absl::InternalError(absl::StrCat("no op \"", op, "\" is registered")),
        where)};
  }
  Graph::Node node{.op = definition, .where = where};
  std::vector<TensorSpec> specs;
  for (const Value input : inputs) {
    if (!input.valid() || input.builder() != this) {
      return {Fail(
          absl::InvalidArgumentError(absl::StrCat(
              op, ": input ", specs.size(),
              input.valid() ? " belongs to another graph" : " is not a value")),
          where)};
    }
    node.inputs.push_back(input.id());
    specs.push_back(spec(input));
  }
  absl::StatusOr<std::vector<TensorSpec>> outputs =
      definition->infer(OpCall(specs, attrs));
  if (!outputs.ok()) {
    const std::string given = absl::StrJoin(
        specs, ", ",
        [](std::string* out, const TensorSpec& s) { *out += SpecToString(s); });
    return {Fail(absl::Status(outputs.status().code(),
                              absl::StrCat(op, ": ", outputs.status().message(),
                                           " (inputs: ", given, ")")),
                 where)};
  }
  node.attrs = std::move(attrs);
  node.outputs.assign(outputs->begin(), outputs->end());
  parts_.nodes.push_back(std::move(node));
  std::vector<Value> values;
  for (size_t i = 0; i < outputs->size(); ++i) {
    values.emplace_back(this,
                        ValueId{node_count() - 1, static_cast<int32_t>(i)});
  }
  return values;
}

const TensorSpec& GraphBuilder::spec(Value value) const {
  CAIRN_CHECK(value.valid() && value.builder() == this);
  return parts_.nodes[value.id().node].outputs[value.id().output];
}

Value GraphBuilder::Fail(absl::Status error, SourceLocation where) {
  if (status_.ok()) {
    status_ = absl::Status(
        error.code(),
        absl::StrCat(error.message(), " [", where.file, ":", where.line, "]"));
  }
  return Value(this, ValueId());
}

absl::StatusOr<Graph> GraphBuilder::Build(absl::Span<const Value> outputs) && {
  if (!status_.ok()) return status_;
  for (const Value output : outputs) {
    if (!output.valid()) {
      return absl::InternalError("an output of the graph is not a value");
    }
    parts_.outputs.push_back(output.id());
  }
  return Graph(std::move(parts_));
}

}  // namespace cairn
