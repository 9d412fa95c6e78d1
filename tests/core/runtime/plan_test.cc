#include "core/runtime/plan.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/graph/builder.h"
#include "core/graph/op.h"
#include "core/ops/bias_add.h"
#include "core/ops/binary.h"
#include "core/ops/emit.h"
#include "core/ops/matmul.h"
#include "core/ops/reshape.h"
#include "core/ops/unary.h"
#include "core/runtime/kernel.h"
#include "core/transform/prepare_for_plan.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

// Passes its input on, unless told to fail. Two tasks.
bool fail_next = false;

class FallibleKernel : public Kernel {
 public:
  absl::Status Bind(const KernelBuffers& buffers) override {
    in_ = buffers.inputs[0];
    out_ = buffers.outputs[0];
    return absl::OkStatus();
  }
  int tasks(int) const override { return 2; }
  bool may_fail() const override { return true; }
  absl::Status Run(int, int task) override {
    if (fail_next && task == 1) return absl::DataLossError("it was told to");
    std::memcpy(out_ + 8 * task, in_ + 8 * task, 8);
    return absl::OkStatus();
  }
  std::string Describe() const override { return "fallible"; }

 private:
  const std::byte* in_ = nullptr;
  std::byte* out_ = nullptr;
};

absl::StatusOr<std::vector<TensorSpec>> InferFirst(const OpCall& call) {
  return std::vector<TensorSpec>{call.input(0)};
}
absl::StatusOr<std::unique_ptr<Kernel>> MakeFallible(const KernelRequest&) {
  return std::make_unique<FallibleKernel>();
}

CAIRN_REGISTER_OP({.name = "_TestFallible", .infer = InferFirst});
CAIRN_REGISTER_KERNEL("_TestFallible", MakeFallible);
CAIRN_REGISTER_OP({.name = "_TestWithoutKernel", .infer = InferFirst});

class PlanTest : public testing::Test {
 protected:
  static std::shared_ptr<Variable> MakeVariable(
      const char* name, std::initializer_list<float> values) {
    auto variable = std::make_shared<Variable>(
        name,
        TensorSpec{DType::kFloat32, {static_cast<int64_t>(values.size())}},
        /*trainable=*/true);
    EXPECT_TRUE(
        variable
            ->Assign(Tensor::FromValues<float>(values, variable->spec().shape))
            .ok());
    return variable;
  }

  std::unique_ptr<Plan> Compile(std::vector<Value> outputs,
                                ThreadTeam* team = nullptr) {
    absl::StatusOr<Graph> graph = std::move(builder_).Build(outputs);
    EXPECT_TRUE(graph.ok()) << graph.status();
    absl::StatusOr<std::unique_ptr<Plan>> plan =
        Plan::Compile(*std::move(graph), team);
    EXPECT_TRUE(plan.ok()) << plan.status();
    return *std::move(plan);
  }
  static void Set(Plan& plan, int input, const Tensor& value) {
    ASSERT_EQ(plan.input(input).size(), value.bytes().size());
    std::memcpy(plan.input(input).data(), value.bytes().data(),
                value.bytes().size());
  }
  static void Run(Plan& plan) {
    const absl::Status status = plan.Run();
    EXPECT_TRUE(status.ok()) << status;
  }
  static void ExpectOutput(const Plan& plan, int index,
                           const std::vector<float>& expected) {
    Tensor tensor = Tensor::Zeros(plan.output_spec(index));
    std::memcpy(tensor.mutable_bytes().data(), plan.output(index).data(),
                tensor.bytes().size());
    ExpectClose(tensor, expected);
  }

  GraphBuilder builder_;
};

TEST_F(PlanTest, UpdatesSeeOldValues) {
  // Both variables take the other's value, and a third their sum.
  const auto a = MakeVariable("a", {1, 2}), b = MakeVariable("b", {10, 20});
  const auto sum = MakeVariable("sum", {0, 0});
  const Value old_a = builder_.Read(a), old_b = builder_.Read(b);
  builder_.Update(a, old_b);
  builder_.Update(b, old_a);
  builder_.Update(sum, ops::Add(old_a, old_b));
  const auto plan = Compile({});
  Run(*plan);
  ExpectClose(a->value(), {10, 20});
  ExpectClose(b->value(), {1, 2});
  ExpectClose(sum->value(), {11, 22});
  Run(*plan);
  ExpectClose(a->value(), {1, 2});
  ExpectClose(b->value(), {10, 20});
}

TEST_F(PlanTest, AnUpdateWaitsForTheLastReader) {
  // The new value is there before the old one is read for the last time.
  const auto w = MakeVariable("w", {1, 2});
  const Value x = builder_.AddInput("x", {DType::kFloat32, {2}});
  const Value old_w = builder_.Read(w);
  builder_.Update(w, ops::Sub(old_w, x));
  const Value late = ops::Mul(ops::Square(x), old_w);
  const auto plan = Compile({late});
  Set(*plan, 0, Tensor::FromValues<float>({3, 5}, {2}));
  Run(*plan);
  ExpectOutput(*plan, 0, {9, 50});
  ExpectClose(w->value(), {-2, -3});
}

TEST_F(PlanTest, AnOutputThatIsAVariablesValueIsTheOldOne) {
  const auto w = MakeVariable("w", {1, 2});
  const Value old_w = builder_.Read(w);
  const Value new_w = ops::Add(old_w, old_w);
  builder_.Update(w, new_w);
  const auto plan = Compile({old_w, new_w});
  Run(*plan);
  ExpectOutput(*plan, 0, {1, 2});
  ExpectOutput(*plan, 1, {2, 4});
  ExpectClose(w->value(), {2, 4});
  Run(*plan);
  ExpectOutput(*plan, 0, {2, 4});
}

TEST_F(PlanTest, OneValueMayUpdateSeveralVariables) {
  const auto a = MakeVariable("a", {1}), b = MakeVariable("b", {2});
  const Value twice = ops::Add(builder_.Read(a), builder_.Read(a));
  builder_.Update(a, twice);
  builder_.Update(b, twice);
  const auto plan = Compile({twice});
  Run(*plan);
  Run(*plan);
  ExpectClose(a->value(), {4});
  ExpectClose(b->value(), {4});
  ExpectOutput(*plan, 0, {4});
}

TEST_F(PlanTest, AVariableMayTakeAnInput) {
  const auto a = MakeVariable("a", {1, 2});
  const Value x = builder_.AddInput("x", {DType::kFloat32, {2}});
  builder_.Update(a, x);
  const auto plan = Compile({});
  for (const float value : {3.0f, 4.0f}) {
    Set(*plan, 0, Tensor::FromValues<float>({value, 5}, {2}));
    Run(*plan);
    ExpectClose(a->value(), {value, 5});
  }
  // The variable holds a copy: the next batch does not change it.
  Set(*plan, 0, Tensor::FromValues<float>({7, 7}, {2}));
  ExpectClose(a->value(), {4, 5});
}

TEST_F(PlanTest, AssignedValuesAreSeenByTheNextRun) {
  const auto w = MakeVariable("w", {1, 2});
  const auto plan = Compile({ops::Square(builder_.Read(w))});
  Run(*plan);
  ASSERT_TRUE(w->Assign(Tensor::FromValues<float>({3, 4}, {2})).ok());
  Run(*plan);
  ExpectOutput(*plan, 0, {9, 16});
}

TEST_F(PlanTest, NoKernelReadsWhatAnEarlierRunLeft) {
  const Value x = builder_.AddInput("x", {DType::kFloat32, {8, 16}});
  const Value w = builder_.AddInput("w", {DType::kFloat32, {16, 4}});
  const Value b = builder_.AddInput("b", {DType::kFloat32, {4}});
  const Value y = ops::Relu(ops::BiasAdd(ops::MatMul(x, w), b));
  const auto plan =
      Compile({ops::Mul(ops::Reshape(y, {4, 8}), ops::Reshape(y, {4, 8}))});
  EXPECT_GT(plan->arena_bytes(), 0);
  Set(*plan, 0, Spread({8, 16}, -1, 1));
  Set(*plan, 1, Spread({16, 4}, -1, 1));
  Set(*plan, 2, Spread({4}, -1, 1));
  Run(*plan);
  const absl::Span<const std::byte> output = plan->output(0);
  const std::vector<std::byte> first(output.begin(), output.end());
  for (const unsigned char fill : {0x00, 0xff, 0x5a}) {
    plan->FillArena(fill);
    Run(*plan);
    EXPECT_EQ(plan->output(0), absl::MakeConstSpan(first));
  }
}

TEST_F(PlanTest, AChainOfElementwiseOpsNeedsOneBuffer) {
  Value value = builder_.AddInput("x", {DType::kFloat32, {1000}});
  for (int i = 0; i < 10; ++i) value = ops::Tanh(value);
  const auto plan = Compile({value});
  EXPECT_LE(plan->arena_bytes(), 4096);
}

TEST_F(PlanTest, InputsAndConstantsAreNotOverwritten) {
  const Value x = builder_.AddInput("x", {DType::kFloat32, {3}});
  const auto plan = Compile({ops::Neg(ops::Relu(x))});
  const Tensor given = Tensor::FromValues<float>({-1, 2, -3}, {3});
  Set(*plan, 0, given);
  Run(*plan);
  Run(*plan);
  ExpectOutput(*plan, 0, {0, -2, 0});
  EXPECT_EQ(absl::Span<const std::byte>(plan->input(0)), given.bytes());
}

TEST_F(PlanTest, BuffersAreAlignedAndSpecsKnown) {
  const Value x = builder_.AddInput("x", {DType::kFloat32, {3}});
  const Value n = builder_.AddInput("n", {DType::kUInt8, {5, 2}});
  const auto plan = Compile({ops::Neg(x), n});
  for (const int i : {0, 1}) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(plan->input(i).data()) % 64, 0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(plan->output(i).data()) % 64, 0);
  }
  EXPECT_EQ(plan->input_spec(1), TensorSpec({DType::kUInt8, {5, 2}}));
  EXPECT_EQ(plan->output_spec(0), TensorSpec({DType::kFloat32, {3}}));
  EXPECT_EQ(plan->output(1).size(), 10);
}

TEST_F(PlanTest, IsDescribedByALinePerKernel) {
  const Value x = builder_.AddInput("x", {DType::kFloat32, {4, 8}});
  const Value w = builder_.AddInput("w", {DType::kFloat32, {8, 2}});
  const auto plan = Compile({ops::Reshape(ops::Neg(ops::MatMul(x, w)), {8})});
  const std::string text = plan->Describe();
  EXPECT_EQ(text.find("MatMul: matmul "), 0) << text;
  EXPECT_NE(text.find(" float32 (4, 2)\nNeg: "), std::string::npos) << text;
  // A reshape is no kernel.
  EXPECT_EQ(text.find("Reshape"), std::string::npos) << text;
}

TEST_F(PlanTest, IfAKernelFailsNoVariableHasChanged) {
  const auto a = MakeVariable("a", {1, 2, 3, 4});
  const auto b = MakeVariable("b", {5, 6, 7, 8});
  for (const int threads : {1, 2}) {
    ThreadTeam team(threads);
    GraphBuilder builder;
    // This update is computed first.
    builder.Update(a, ops::Neg(builder.Read(a)));
    builder.Update(b, ops::Emit("_TestFallible", {builder.Read(a)}));
    absl::StatusOr<Graph> graph = std::move(builder).Build({});
    ASSERT_TRUE(graph.ok()) << graph.status();
    const auto plan = Plan::Compile(*std::move(graph), &team);
    ASSERT_TRUE(plan.ok()) << plan.status();
    const Tensor old_a = a->value().Clone(), old_b = b->value().Clone();
    fail_next = true;
    EXPECT_EQ((*plan)->Run(), absl::DataLossError("it was told to"));
    EXPECT_EQ(a->value().bytes(), old_a.bytes());
    EXPECT_EQ(b->value().bytes(), old_b.bytes());
    // The error does not stick.
    fail_next = false;
    Run(**plan);
    EXPECT_EQ(a->value().values<float>()[0], -old_a.values<float>()[0]);
    EXPECT_EQ(b->value().bytes(), old_a.bytes());
  }
}

TEST_F(PlanTest, AnOpWithoutAKernelIsNamed) {
  const Value x = builder_.AddInput("x", {DType::kFloat32, {2}});
  const absl::StatusOr<Graph> graph =
      std::move(builder_).Build({ops::Emit("_TestWithoutKernel", {x})});
  ASSERT_TRUE(graph.ok()) << graph.status();
  const absl::Status error = Plan::Compile(*graph, nullptr).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(std::string(error.message()).find("_TestWithoutKernel"),
            std::string::npos);
}

TEST_F(PlanTest, AnyNumberOfThreadsGivesTheSameBits) {
  const Value x = builder_.AddInput("x", {DType::kFloat32, {300, 200}});
  const Value w = builder_.AddInput("w", {DType::kFloat32, {200, 500}});
  const Value y = ops::Tanh(ops::MatMul(x, w));
  const Value g = ops::MatMul(x, y, /*transpose_a=*/true);
  const absl::StatusOr<Graph> graph = std::move(builder_).Build({y, g});
  ASSERT_TRUE(graph.ok()) << graph.status();
  std::vector<std::vector<std::byte>> expected;
  for (const int threads : {1, 2, 3}) {
    ThreadTeam team(threads);
    const auto plan = Plan::Compile(*graph, &team);
    ASSERT_TRUE(plan.ok()) << plan.status();
    Set(**plan, 0, Spread({300, 200}, -1, 1));
    Set(**plan, 1, Spread({200, 500}, -0.1, 0.1));
    Run(**plan);
    std::vector<std::vector<std::byte>> outputs;
    for (const int o : {0, 1}) {
      const absl::Span<const std::byte> bytes = (*plan)->output(o);
      outputs.emplace_back(bytes.begin(), bytes.end());
    }
    if (threads == 1) expected = outputs;
    EXPECT_TRUE(outputs == expected) << threads << " threads";
  }
}

}  // namespace
}  // namespace cairn
