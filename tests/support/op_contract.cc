#include "tests/support/op_contract.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/graph/builder.h"
#include "core/graph/graph.h"
#include "core/graph/op.h"
#include "core/ops/binary.h"
#include "core/ops/constant.h"
#include "core/ops/reduce.h"
#include "core/runtime/compute_scope.h"
#include "core/runtime/kernel.h"
#include "core/runtime/plan.h"
#include "core/runtime/thread_team.h"
#include "core/tensor/aligned_buffer.h"
#include "core/transform/gradients.h"
#include "core/transform/prepare_for_plan.h"
#include "core/transform/specialize.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

std::vector<TensorSpec> SpecsOf(const std::vector<Tensor>& tensors) {
  std::vector<TensorSpec> specs;
  for (const Tensor& tensor : tensors) specs.push_back(tensor.spec());
  return specs;
}

std::vector<Shape> ShapesOf(const std::vector<Tensor>& tensors) {
  std::vector<Shape> shapes;
  for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape());
  return shapes;
}

std::vector<Value> AddInputs(const OpCase& op_case, GraphBuilder& builder) {
  std::vector<Value> inputs;
  for (size_t i = 0; i < op_case.inputs.size(); ++i) {
    TensorSpec spec = op_case.inputs[i].spec();
    if (std::count(op_case.batched.begin(), op_case.batched.end(), i) > 0) {
      spec.shape[0] = kDynamic;
    }
    inputs.push_back(builder.AddInput("input", spec));
  }
  return inputs;
}

// A buffer with a mark behind its padding.
class MarkedBuffer {
 public:
  MarkedBuffer(size_t bytes, unsigned char fill)
      : bytes_(bytes),
        buffer_(
            MakeAlignedBuffer(RoundUpToAlignment(bytes) + kBufferAlignment)) {
    std::memset(buffer_.get(), fill, RoundUpToAlignment(bytes));
    std::memset(mark(), kMark, kBufferAlignment);
  }
  std::byte* data() { return buffer_.get(); }
  std::string contents() {
    return std::string(reinterpret_cast<const char*>(data()), bytes_);
  }
  bool MarkIsWhole() {
    return std::all_of(mark(), mark() + kBufferAlignment,
                       [](std::byte byte) { return byte == std::byte{kMark}; });
  }

 private:
  static constexpr unsigned char kMark = 0xA7;
  std::byte* mark() { return buffer_.get() + RoundUpToAlignment(bytes_); }

  size_t bytes_;
  AlignedBuffer buffer_;
};

// The outputs' bytes. Memory that the kernel does not read holds `fill` first.
std::vector<std::string> RunKernel(const OpCase& op_case,
                                   const std::vector<TensorSpec>& outputs,
                                   unsigned char fill, bool backwards) {
  const std::vector<TensorSpec> inputs = SpecsOf(op_case.inputs);
  absl::StatusOr<std::unique_ptr<Kernel>> kernel =
      CreateKernel({op_case.op, op_case.attrs, inputs, outputs});
  if (!kernel.ok()) {
    ADD_FAILURE() << kernel.status();
    return {};
  }
  std::vector<MarkedBuffer> buffers;
  std::vector<const std::byte*> from;
  for (const Tensor& input : op_case.inputs) {
    from.push_back(input.bytes().data());
  }
  std::vector<std::byte*> to;
  for (const TensorSpec& spec : outputs) {
    buffers.emplace_back(ByteSize(spec), fill);
    to.push_back(buffers.back().data());
  }
  buffers.emplace_back((*kernel)->scratch_bytes(), fill);
  const ComputeScope scope;
  EXPECT_TRUE((*kernel)->Bind({from, to, buffers.back().data()}).ok());
  for (int stage = 0; stage < (*kernel)->stages(); ++stage) {
    const int tasks = (*kernel)->tasks(stage);
    for (int i = 0; i < tasks; ++i) {
      const absl::Status status =
          (*kernel)->Run(stage, backwards ? tasks - 1 - i : i);
      EXPECT_TRUE(status.ok()) << status;
    }
  }
  std::vector<std::string> contents;
  for (size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_TRUE(buffers[i].MarkIsWhole())
        << "written behind " << (i < to.size() ? "an output" : "the scratch");
    if (i < to.size()) contents.push_back(buffers[i].contents());
  }
  return contents;
}

std::string BytesOf(absl::Span<const std::byte> bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

absl::Status RunPlan(Plan& plan, const std::vector<Tensor>& inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const absl::Span<const std::byte> bytes = inputs[i].bytes();
    std::copy(bytes.begin(), bytes.end(),
              plan.input(static_cast<int>(i)).begin());
  }
  return plan.Run();
}

// The outputs' bytes after the second run: by then the arena holds the first.
std::vector<std::string> RunGraph(absl::StatusOr<Graph> graph,
                                  const std::vector<Tensor>& inputs,
                                  ThreadTeam* team) {
  if (!graph.ok()) {
    ADD_FAILURE() << graph.status();
    return {};
  }
  const size_t outputs = graph->outputs().size();
  absl::StatusOr<std::unique_ptr<Plan>> plan =
      Plan::Compile(*std::move(graph), team);
  if (!plan.ok()) {
    ADD_FAILURE() << plan.status();
    return {};
  }
  for (int turn = 0; turn < 2; ++turn) {
    const absl::Status status = RunPlan(**plan, inputs);
    EXPECT_TRUE(status.ok()) << status;
  }
  std::vector<std::string> contents;
  for (size_t o = 0; o < outputs; ++o) {
    contents.push_back(BytesOf((*plan)->output(static_cast<int>(o))));
  }
  return contents;
}

// The op alone. With `copy_inputs` the plan may overwrite what the op reads.
absl::StatusOr<Graph> TraceOp(const OpCase& op_case, bool copy_inputs) {
  GraphBuilder builder;
  std::vector<Value> inputs = AddInputs(op_case, builder);
  for (Value& input : inputs) {
    if (copy_inputs && input.spec().dtype == DType::kFloat32) {
      input = ops::Maximum(input, input);
    }
  }
  const std::vector<Value> outputs =
      builder.Emit(op_case.op, inputs, op_case.attrs);
  return std::move(builder).Build(outputs);
}

// The graph for the shapes of the case, and nothing else done to it.
absl::StatusOr<Graph> AsTraced(const OpCase& op_case, bool copy_inputs) {
  absl::StatusOr<Graph> graph = TraceOp(op_case, copy_inputs);
  if (!graph.ok()) return graph;
  return Specialize(*graph, ShapesOf(op_case.inputs));
}

absl::StatusOr<Graph> Prepared(const OpCase& op_case, bool copy_inputs) {
  absl::StatusOr<Graph> graph = TraceOp(op_case, copy_inputs);
  if (!graph.ok()) return graph;
  return PrepareForPlan(*graph, ShapesOf(op_case.inputs));
}

std::vector<TensorSpec> OutputSpecs(const Graph& graph) {
  std::vector<TensorSpec> specs;
  for (const ValueId output : graph.outputs()) {
    specs.push_back(graph.spec(output));
  }
  return specs;
}

void CheckSpecs(const OpCase& op_case, const std::vector<TensorSpec>& actual) {
  const absl::StatusOr<Graph> traced = TraceOp(op_case, false);
  if (!traced.ok()) {
    ADD_FAILURE() << traced.status();
    return;
  }
  const std::vector<TensorSpec> inferred = OutputSpecs(*traced);
  ASSERT_EQ(inferred.size(), actual.size());
  for (size_t o = 0; o < actual.size(); ++o) {
    EXPECT_EQ(inferred[o].dtype, actual[o].dtype);
    ASSERT_EQ(inferred[o].shape.size(), actual[o].shape.size());
    for (size_t d = 0; d < actual[o].shape.size(); ++d) {
      if (inferred[o].shape[d] == kDynamic) continue;
      EXPECT_EQ(inferred[o].shape[d], actual[o].shape[d])
          << "dimension " << d << " of output " << o;
    }
  }
}

// The weights that make a scalar of the output.
Tensor LossWeights(const Shape& shape) { return Spread(shape, -1, 1); }

double Loss(const std::string& output, const Tensor& weights) {
  const absl::Span<const float> factors = weights.values<float>();
  double loss = 0;
  for (size_t i = 0; i < factors.size(); ++i) {
    float value;
    std::memcpy(&value, output.data() + i * sizeof(float), sizeof(float));
    loss += static_cast<double>(value) * factors[i];
  }
  return loss;
}

// The gradients by the rule; as a graph with unknown batch, then fused.
std::vector<std::string> RunGradients(const OpCase& op_case,
                                      const Tensor& weights) {
  GraphBuilder builder;
  const std::vector<Value> inputs = AddInputs(op_case, builder);
  const std::vector<Value> outputs =
      builder.Emit(op_case.op, inputs, op_case.attrs);
  if (!outputs[0].valid()) {
    ADD_FAILURE() << builder.status();
    return {};
  }
  const Value factors =
      builder.AddInput("weights", outputs[op_case.loss_output].spec());
  const Value loss =
      ops::SumAll(ops::Mul(outputs[op_case.loss_output], factors));
  std::vector<Value> wanted;
  for (const int i : op_case.differentiate) wanted.push_back(inputs[i]);
  const std::vector<Value> gradients = Gradients(loss, wanted);
  const absl::StatusOr<Graph> graph = std::move(builder).Build(gradients);
  if (!graph.ok()) {
    ADD_FAILURE() << graph.status();
    return {};
  }
  std::vector<Tensor> given = op_case.inputs;
  given.push_back(weights);
  const std::vector<std::string> fused =
      RunGraph(PrepareForPlan(*graph, ShapesOf(given)), given, nullptr);
  EXPECT_EQ(fused,
            RunGraph(Specialize(*graph, ShapesOf(given)), given, nullptr))
      << "fusing the gradient's graph changed bits";
  return fused;
}

void CheckGradients(const OpCase& op_case, const Shape& output_shape) {
  const Tensor weights = LossWeights(output_shape);
  const std::vector<std::string> gradients = RunGradients(op_case, weights);
  ASSERT_EQ(gradients.size(), op_case.differentiate.size());
  absl::StatusOr<Graph> graph = AsTraced(op_case, false);
  ASSERT_TRUE(graph.ok()) << graph.status();
  const absl::StatusOr<std::unique_ptr<Plan>> plan =
      Plan::Compile(*std::move(graph), nullptr);
  ASSERT_TRUE(plan.ok()) << plan.status();
  for (size_t g = 0; g < gradients.size(); ++g) {
    const int index = op_case.differentiate[g];
    const int64_t count = op_case.inputs[index].size();
    ASSERT_EQ(gradients[g].size(), count * sizeof(float));
    for (int64_t i = 0; i < count; ++i) {
      std::vector<Tensor> moved = op_case.inputs;
      moved[index] = moved[index].Clone();
      const auto loss_at = [&](float x) {
        moved[index].mutable_values<float>()[i] = x;
        EXPECT_TRUE(RunPlan(**plan, moved).ok());
        return Loss(BytesOf((*plan)->output(op_case.loss_output)), weights);
      };
      const float x = op_case.inputs[index].values<float>()[i];
      const float high = x + static_cast<float>(op_case.step);
      const float low = x - static_cast<float>(op_case.step);
      const double slope =
          (loss_at(high) - loss_at(low)) / (static_cast<double>(high) - low);
      float gradient;
      std::memcpy(&gradient, gradients[g].data() + i * sizeof(float),
                  sizeof(float));
      EXPECT_NEAR(gradient, slope,
                  op_case.tolerance * std::max(1.0, std::abs(slope)))
          << "gradient of input " << index << " at element " << i;
    }
  }
}

}  // namespace

std::vector<Tensor> CheckOp(const OpCase& op_case) {
  SCOPED_TRACE(op_case.op);
  const absl::StatusOr<Graph> graph = AsTraced(op_case, false);
  if (!graph.ok()) {
    ADD_FAILURE() << graph.status();
    // Who reads an output finds one.
    return std::vector<Tensor>(2);
  }
  const std::vector<TensorSpec> specs = OutputSpecs(*graph);
  CheckSpecs(op_case, specs);

  ThreadTeam team(2);
  const std::vector<std::string> expected =
      RunGraph(AsTraced(op_case, false), op_case.inputs, nullptr);
  EXPECT_EQ(expected, RunGraph(AsTraced(op_case, true), op_case.inputs, &team))
      << "in place of its inputs, on two threads";
  EXPECT_EQ(expected, RunGraph(Prepared(op_case, false), op_case.inputs, &team))
      << "prepared, on two threads";
  EXPECT_EQ(expected,
            RunGraph(Prepared(op_case, true), op_case.inputs, nullptr))
      << "prepared, fused with copies of its inputs";
  // A reshape is a plan's business.
  if (op_case.op != "Reshape") {
    EXPECT_EQ(expected, RunKernel(op_case, specs, 0xFF, /*backwards=*/false));
    EXPECT_EQ(expected, RunKernel(op_case, specs, 0x5A, /*backwards=*/true));
  }
  if (!op_case.differentiate.empty()) {
    CheckGradients(op_case, specs[op_case.loss_output].shape);
  }

  std::vector<Tensor> outputs;
  for (size_t o = 0; o < expected.size(); ++o) {
    outputs.push_back(Tensor::Zeros(specs[o]));
    std::memcpy(outputs.back().mutable_bytes().data(), expected[o].data(),
                expected[o].size());
  }
  return outputs;
}

std::string TraceError(const OpCase& op_case) {
  const absl::StatusOr<Graph> graph = TraceOp(op_case, false);
  return graph.ok() ? "" : std::string(graph.status().message());
}

Tensor Spread(const Shape& shape, double low, double high) {
  Tensor tensor = Tensor::Zeros({DType::kFloat32, shape});
  const absl::Span<float> values = tensor.mutable_values<float>();
  // Multiples of the golden ratio, without their whole part, lie apart.
  for (size_t i = 0; i < values.size(); ++i) {
    const double place = std::fmod(0.31 + 0.6180339887498949 * i, 1.0);
    double value = low + (high - low) * place;
    if (std::abs(value) < 0.03 && low < 0) value = value < 0 ? -0.03 : 0.03;
    values[i] = static_cast<float>(value);
  }
  return tensor;
}

void ExpectClose(const Tensor& actual, const std::vector<float>& expected,
                 double tolerance) {
  ASSERT_EQ(actual.dtype(), DType::kFloat32);
  const absl::Span<const float> values = actual.values<float>();
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const bool same =
        std::isnan(expected[i]) ? std::isnan(values[i])
        : std::isinf(expected[i])
            ? values[i] == expected[i]
            : std::abs(values[i] - expected[i]) <=
                  tolerance * std::max(1.0f, std::abs(expected[i]));
    // One difference says enough.
    ASSERT_TRUE(same) << "element " << i << " is " << values[i] << ", not "
                      << expected[i];
  }
}

}  // namespace cairn
