#include "tests/support/layer_contract.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "core/base/custom_objects.h"
#include "core/base/status_macros.h"
#include "core/model/sequential.h"
#include "core/transform/gradients.h"
#include "gtest/gtest.h"
#include "tests/support/run_trace.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr uint64_t kSeed = 5;

// The root's own call of the layer, in a step that draws the same numbers each
// time it is traced.
Value TraceLayer(Layer& layer, GraphBuilder& builder, Value input,
                 bool training) {
  struct Trace trace {
    .builder = &builder, .training = training, .seed = kSeed
  };
  trace.random_counter = builder.Read(std::make_shared<Variable>(
      "random_counter", TensorSpec{DType::kInt64, {}}, false));
  const Values values = layer.Apply(CallContext(&trace), {input});
  return values.size() == 1 ? values[0] : Value();
}

TensorSpec WithOpenBatch(const Tensor& input) {
  TensorSpec spec = input.spec();
  spec.shape[0] = kDynamic;
  return spec;
}

// Built, with the case's values.
std::shared_ptr<Layer> MakeBuilt(const LayerCase& layer_case) {
  std::shared_ptr<Layer> layer = layer_case.make();
  EXPECT_TRUE(
      IsOk(layer->EnsureBuilt({WithOpenBatch(layer_case.input)}, kSeed)));
  if (!layer_case.values.empty()) {
    EXPECT_TRUE(IsOk(layer->SetWeights(layer_case.values)));
  }
  return layer;
}

Tensor Output(Layer& layer, const Tensor& input, bool training) {
  const absl::StatusOr<Tensor> output = ApplyLayer(layer, input, training);
  EXPECT_TRUE(IsOk(output));
  return output.ok() ? *output : Tensor();
}

void CheckConfig(const LayerCase& layer_case) {
  const std::shared_ptr<Layer> layer = layer_case.make();
  absl::StatusOr<std::unique_ptr<Layer>> made =
      Deserialize<Layer>(Serialize(*layer));
  ASSERT_TRUE(IsOk(made));
  EXPECT_EQ((*made)->class_name(), layer->class_name());
  EXPECT_EQ((*made)->GetConfig(), layer->GetConfig());
  const std::vector<TensorSpec> specs = {WithOpenBatch(layer_case.input)};
  ASSERT_TRUE(IsOk(layer->EnsureBuilt(specs, kSeed)));
  ASSERT_TRUE(IsOk((*made)->EnsureBuilt(specs, kSeed)));
  EXPECT_EQ((*made)->GetConfig(), layer->GetConfig()) << "once it is named";
  EXPECT_EQ(BytesOf((*made)->GetWeights()), BytesOf(layer->GetWeights()));
  for (const bool training : {false, true}) {
    EXPECT_EQ(BytesOf({Output(**made, layer_case.input, training)}),
              BytesOf({Output(*layer, layer_case.input, training)}));
  }
  EXPECT_FALSE(Deserialize<Layer>(
                   Config(Config::Object{
                       {"class_name", std::string(layer->class_name())},
                       {"config", Config::Object{{"no_such_option", 1}}}}))
                   .ok());
}

void CheckNames(const LayerCase& layer_case) {
  Sequential model;
  EXPECT_EQ(model.Add(layer_case.make()).name(), layer_case.default_name);
  EXPECT_EQ(model.Add(layer_case.make()).name(),
            layer_case.default_name + "_1");
  EXPECT_EQ(MakeBuilt(layer_case)->name(), layer_case.default_name);
}

void CheckWeights(const LayerCase& layer_case) {
  const std::shared_ptr<Layer> layer = layer_case.make();
  EXPECT_TRUE(layer->weights().empty());
  EXPECT_TRUE(IsError(layer->SetWeights(layer_case.values),
                      absl::StatusCode::kFailedPrecondition,
                      {layer->class_name(), "no weights yet"}));
  ASSERT_TRUE(
      IsOk(layer->EnsureBuilt({WithOpenBatch(layer_case.input)}, kSeed)));
  std::vector<std::string> names;
  for (const Weight& weight : layer->weights()) {
    names.push_back(weight.path);
    EXPECT_TRUE(weight.trainable) << weight.path;
  }
  EXPECT_EQ(names, layer_case.weights);

  std::vector<Tensor> values = layer->GetWeights();
  for (Tensor& value : values) {
    for (float& x : value.mutable_values<float>()) x += 1;
  }
  const std::string before = BytesOf(layer->GetWeights());
  ASSERT_TRUE(IsOk(layer->SetWeights(values)));
  EXPECT_EQ(BytesOf(layer->GetWeights()), BytesOf(values));
  if (!values.empty()) {
    EXPECT_NE(BytesOf(layer->GetWeights()), before) << "they are copies";
  }

  std::vector<Tensor> more = values;
  more.push_back(Tensor());
  EXPECT_TRUE(
      IsError(layer->SetWeights(more), absl::StatusCode::kInvalidArgument,
              {std::to_string(values.size()), std::to_string(more.size())}));
  for (size_t i = 0; i < values.size(); ++i) {
    std::vector<Tensor> other = values;
    for (Tensor& value : other) value = Tensor::Zeros(value.spec());
    other[i] = Tensor::Zeros({DType::kFloat32, {3, 1, 4}});
    EXPECT_TRUE(IsError(layer->SetWeights(other),
                        absl::StatusCode::kInvalidArgument,
                        {names[i], std::to_string(i), "(3, 1, 4)",
                         ShapeToString(values[i].shape())}));
  }
  EXPECT_EQ(BytesOf(layer->GetWeights()), BytesOf(values));
}

void CheckSharing(const LayerCase& layer_case) {
  const std::shared_ptr<Layer> layer = MakeBuilt(layer_case);
  Sequential one, other;
  one.Add(layer);
  other.Add(layer);
  for (Sequential* model : {&one, &other}) {
    ASSERT_TRUE(IsOk(model->EnsureBuilt({WithOpenBatch(layer_case.input)})));
    const std::vector<Weight> weights = model->weights();
    ASSERT_EQ(weights.size(), layer->weights().size());
    for (size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(weights[i].variable, layer->weights()[i].variable);
    }
  }
}

// Compares d loss / d `moved` with the differences that moving it shows.
// `loss` is evaluated after each move.
void CheckGradient(const LayerCase& layer_case, const Tensor& gradient,
                   absl::Span<float> moved,
                   const std::function<double()>& loss) {
  ASSERT_EQ(static_cast<size_t>(gradient.size()), moved.size());
  for (size_t i = 0; i < moved.size(); ++i) {
    const float x = moved[i];
    const float high = x + static_cast<float>(layer_case.step);
    const float low = x - static_cast<float>(layer_case.step);
    moved[i] = high;
    const double above = loss();
    moved[i] = low;
    const double below = loss();
    moved[i] = x;
    const double slope = (above - below) / (static_cast<double>(high) - low);
    EXPECT_NEAR(gradient.values<float>()[i], slope,
                layer_case.tolerance * std::max(1.0, std::abs(slope)))
        << "element " << i;
  }
}

void CheckGradients(const LayerCase& layer_case, bool training) {
  SCOPED_TRACE(training ? "in training" : "in inference");
  const std::shared_ptr<Layer> layer = MakeBuilt(layer_case);
  std::vector<Weight> weights = layer->weights();
  const bool of_input = layer_case.input.dtype() == DType::kFloat32;
  Tensor input = layer_case.input.Clone();
  const absl::StatusOr<std::unique_ptr<Plan>> plan = PlanTrace(
      {input}, [&](GraphBuilder& builder, absl::Span<const Value> inputs) {
        const Value loss =
            WeightedSum(TraceLayer(*layer, builder, inputs[0], training));
        std::vector<Value> wanted;
        for (const Weight& weight : weights) {
          wanted.push_back(builder.Read(weight.variable));
        }
        if (of_input) wanted.push_back(inputs[0]);
        std::vector<Value> outputs = Gradients(loss, wanted);
        outputs.push_back(loss);
        return outputs;
      });
  ASSERT_TRUE(IsOk(plan));
  const int count = static_cast<int>(weights.size()) + of_input + 1;
  const absl::StatusOr<std::vector<Tensor>> first =
      RunPlan(**plan, {input}, count);
  ASSERT_TRUE(IsOk(first));
  const auto loss = [&] {
    const absl::StatusOr<std::vector<Tensor>> outputs =
        RunPlan(**plan, {input}, count);
    EXPECT_TRUE(IsOk(outputs));
    return static_cast<double>(outputs->back().values<float>()[0]);
  };
  for (size_t i = 0; i < weights.size(); ++i) {
    SCOPED_TRACE(weights[i].path);
    CheckGradient(layer_case, (*first)[i],
                  weights[i].variable->mutable_value().mutable_values<float>(),
                  loss);
  }
  if (!of_input) return;
  SCOPED_TRACE("input");
  CheckGradient(layer_case, (*first)[weights.size()],
                input.mutable_values<float>(), loss);
}

}  // namespace

absl::StatusOr<Tensor> ApplyLayer(Layer& layer, const Tensor& input,
                                  bool training) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs,
                         RunTrace({input}, [&](GraphBuilder& builder,
                                               absl::Span<const Value> inputs) {
                           return std::vector<Value>{
                               TraceLayer(layer, builder, inputs[0], training)};
                         }));
  return outputs[0];
}

Tensor CheckLayer(const LayerCase& layer_case) {
  SCOPED_TRACE(layer_case.make()->GetConfig().ToJson());
  CheckConfig(layer_case);
  CheckNames(layer_case);
  CheckWeights(layer_case);
  CheckSharing(layer_case);
  CheckGradients(layer_case, /*training=*/false);
  CheckGradients(layer_case, /*training=*/true);
  return Output(*MakeBuilt(layer_case), layer_case.input, false);
}

}  // namespace cairn
