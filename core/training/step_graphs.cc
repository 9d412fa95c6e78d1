#include "core/training/step_graphs.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/graph/builder.h"
#include "core/layer/call_context.h"
#include "core/ops/binary.h"
#include "core/ops/cast.h"
#include "core/ops/constant.h"
#include "core/ops/reduce.h"
#include "core/transform/gradients.h"

namespace cairn {
namespace {

// A model's forward pass, under construction.
class StepTrace {
 public:
  StepTrace(const StepParts& parts, bool training) : parts_(parts) {
    trace_.builder = &builder_;
    trace_.training = training;
    trace_.seed = parts.seed;
    for (const BatchField& field : parts.fields) {
      TensorSpec spec = field.spec;
      spec.shape.insert(spec.shape.begin(), kDynamic);
      const bool is_input = field.use == BatchField::Use::kInput;
      std::vector<Value>& list = is_input ? inputs_ : targets_;
      list.push_back(builder_.AddInput(
          absl::StrCat(is_input ? "input_" : "target_", list.size()), spec));
    }
    trace_.random_counter = builder_.Read(parts.random_counter);
    const Values outputs = parts.model->Apply(CallContext(&trace_), inputs_);
    outputs_.assign(outputs.begin(), outputs.end());
  }

  GraphBuilder& builder() { return builder_; }
  const std::vector<Value>& outputs() const { return outputs_; }

  // The mean loss over the batch; invalid after an error.
  Value Loss() {
    if (targets_.empty()) {
      return builder_.Fail(absl::InvalidArgumentError(
          "the data has no targets to compute a loss from"));
    }
    if (targets_.size() != 1 || outputs_.size() != 1) {
      return builder_.Fail(absl::InvalidArgumentError(
          absl::StrCat("the model has ", outputs_.size(), " outputs, the data ",
                       targets_.size(), " targets; one of each is needed")));
    }
    const Value losses = parts_.loss->Call(targets_[0], outputs_[0]);
    if (!losses.valid()) return losses;
    return ops::MeanAll(losses);
  }

  void UpdateLogs(Value loss, const RunningLogs& logs) {
    if (!loss.valid() || !outputs_[0].valid()) return;
    const Value count = ops::BatchSize(outputs_[0]);
    Add(logs.loss_total(), ops::Mul(loss, count));
    Add(logs.loss_count(), count);
    for (const MetricEntry& entry : logs.metrics()) {
      std::vector<Value> totals;
      for (const auto& total : entry.totals) {
        totals.push_back(builder_.Read(total));
      }
      const std::vector<Value> updated =
          entry.metric->Update(totals, targets_[0], outputs_[0]);
      for (size_t i = 0; i < updated.size(); ++i) {
        builder_.Update(entry.totals[i], updated[i]);
      }
    }
  }

  void UpdateWeights(Value loss) {
    OptimizerVariables& variables = *parts_.optimizer_variables;
    std::vector<Weight> weights;
    std::vector<Value> reads;
    for (const Weight& weight : parts_.model->weights()) {
      if (!weight.trainable) continue;
      weights.push_back(weight);
      reads.push_back(builder_.Read(weight.variable));
    }
    const absl::Status made = MakeSlots(*parts_.optimizer, weights, variables);
    if (!made.ok()) {
      builder_.Fail(made);
      return;
    }
    const std::vector<Value> gradients = Gradients(loss, reads);
    const Value one = ops::Constant(&builder_, Tensor::Scalar<int64_t>(1));
    const Value iterations = ops::Add(builder_.Read(variables.iterations), one);
    const Value step = ops::Cast(iterations, DType::kFloat32);
    const Value rate = builder_.Read(variables.learning_rate);
    for (size_t i = 0; i < weights.size(); ++i) {
      // As Keras, a weight that the loss does not depend on stays as it is.
      if (!gradients[i].valid()) continue;
      UpdateWeight(weights[i], reads[i], gradients[i], rate, step);
    }
    builder_.Update(variables.iterations, iterations);
    builder_.Update(parts_.random_counter,
                    ops::Add(builder_.Read(parts_.random_counter), one));
  }

 private:
  void Add(const std::shared_ptr<Variable>& total, Value addend) {
    builder_.Update(total, ops::Add(builder_.Read(total), addend));
  }

  void UpdateWeight(const Weight& weight, Value value, Value gradient,
                    Value rate, Value step) {
    OptimizerVariables& variables = *parts_.optimizer_variables;
    std::map<std::string, Value> slots;
    for (const SlotSpec& slot : parts_.optimizer->slots()) {
      slots[slot.name] = builder_.Read(
          variables.slots.at(slot.name).at(weight.variable.get()));
    }
    UpdateContext context(rate, step, std::move(slots));
    const Value updated = parts_.optimizer->Update(context, value, gradient);
    builder_.Update(weight.variable, updated);
    for (const SlotSpec& slot : parts_.optimizer->slots()) {
      builder_.Update(variables.slots.at(slot.name).at(weight.variable.get()),
                      context.slot(slot.name));
    }
  }

  const StepParts& parts_;
  GraphBuilder builder_;
  Trace trace_;
  std::vector<Value> inputs_, targets_, outputs_;
};

}  // namespace

absl::Status MakeSlots(const Optimizer& optimizer,
                       absl::Span<const Weight> weights,
                       OptimizerVariables& variables) {
  const std::vector<SlotSpec> slots = optimizer.slots();
  struct NewSlot {
    const SlotSpec* slot;
    int place;  // Of its weight.
    std::shared_ptr<Variable> variable;
  };
  std::vector<NewSlot> made;
  std::vector<TensorSpec> specs;
  for (const SlotSpec& slot : slots) {
    const auto& by_weight = variables.slots[slot.name];
    for (size_t i = 0; i < weights.size(); ++i) {
      if (by_weight.count(weights[i].variable.get()) > 0) continue;
      made.push_back({.slot = &slot, .place = static_cast<int>(i)});
      specs.push_back(weights[i].variable->spec());
    }
  }
  // Together, as thousands of small ones are then copied as one.
  std::vector<Tensor> values = Tensor::ZerosTogether(specs);
  for (size_t i = 0; i < made.size(); ++i) {
    const SlotSpec& slot = *made[i].slot;
    const Weight& weight = weights[made[i].place];
    auto variable = std::make_shared<Variable>(
        absl::StrCat(slot.name, "/", weight.path), std::move(values[i]), false);
    if (slot.initial != 0) {
      for (float& x : variable->mutable_value().mutable_values<float>()) {
        x = static_cast<float>(slot.initial);
      }
    }
    if (variables.deferred != nullptr) {
      CAIRN_RETURN_IF_ERROR(
          variables.deferred->Fill(slot, weight, made[i].place, *variable));
    }
    made[i].variable = std::move(variable);
  }
  for (NewSlot& slot : made) {
    const Variable* const weight = weights[slot.place].variable.get();
    variables.slots[slot.slot->name][weight] = std::move(slot.variable);
  }
  if (!weights.empty()) variables.deferred = nullptr;
  return absl::OkStatus();
}

absl::StatusOr<Graph> TraceTrainStep(const StepParts& parts,
                                     const RunningLogs& logs) {
  StepTrace trace(parts, /*training=*/true);
  const Value loss = trace.Loss();
  trace.UpdateLogs(loss, logs);
  if (loss.valid()) trace.UpdateWeights(loss);
  return std::move(trace.builder()).Build({});
}

absl::StatusOr<Graph> TraceTestStep(const StepParts& parts,
                                    const RunningLogs& logs) {
  StepTrace trace(parts, /*training=*/false);
  trace.UpdateLogs(trace.Loss(), logs);
  return std::move(trace.builder()).Build({});
}

absl::StatusOr<Graph> TracePredictStep(const StepParts& parts) {
  StepTrace trace(parts, /*training=*/false);
  return std::move(trace.builder()).Build(trace.outputs());
}

}  // namespace cairn
