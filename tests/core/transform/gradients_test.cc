#include "core/transform/gradients.h"

#include <cstring>
#include <memory>

#include "core/graph/builder.h"
#include "core/ops/binary.h"
#include "core/ops/comparison.h"
#include "core/ops/emit.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/unary.h"
#include "core/runtime/plan.h"
#include "core/transform/prepare_for_plan.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

// The one output of a graph of the input `x`.
Tensor RunAt(GraphBuilder& builder, Value output, const Tensor& x) {
  const absl::StatusOr<Graph> graph = std::move(builder).Build({output});
  EXPECT_TRUE(graph.ok()) << graph.status();
  absl::StatusOr<Graph> prepared = PrepareForPlan(*graph, {x.shape()});
  EXPECT_TRUE(prepared.ok()) << prepared.status();
  const absl::StatusOr<std::unique_ptr<Plan>> plan =
      Plan::Compile(*std::move(prepared), nullptr);
  EXPECT_TRUE(plan.ok()) << plan.status();
  std::memcpy((*plan)->input(0).data(), x.bytes().data(), x.bytes().size());
  EXPECT_TRUE((*plan)->Run().ok());
  Tensor result = Tensor::Zeros((*plan)->output_spec(0));
  std::memcpy(result.mutable_bytes().data(), (*plan)->output(0).data(),
              result.bytes().size());
  return result;
}

TEST(GradientsTest, SumsWhenAValueIsUsedTwice) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {3}});
  // x^2 + 3 x, so 2 x + 3.
  const Value loss = ops::SumAll(ops::Add(ops::Mul(x, x), ops::Scale(x, 3)));
  const Tensor at = Tensor::FromValues<float>({1, -2, 0.5}, {3});
  ExpectClose(RunAt(builder, Gradients(loss, {x})[0], at), {5, -1, 4});
}

TEST(GradientsTest, OfGradientsAreSecondDerivatives) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {3}});
  const Value cubes = ops::SumAll(ops::Mul(ops::Square(x), x));
  const Value slope = Gradients(cubes, {x})[0];
  const Value second = Gradients(ops::SumAll(slope), {x})[0];
  const Tensor at = Tensor::FromValues<float>({1, -2, 0.5}, {3});
  ExpectClose(RunAt(builder, second, at), {6, -12, 3});
}

TEST(GradientsTest, AreInvalidForWhatTheLossDoesNotDependOn) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {3}});
  const Value y = builder.AddInput("y", {DType::kFloat32, {3}});
  const Value between = ops::Exp(x);
  const Value loss = ops::SumAll(between);
  const std::vector<Value> gradients = Gradients(loss, {x, y, between, loss});
  EXPECT_TRUE(gradients[0].valid());
  EXPECT_FALSE(gradients[1].valid());
  EXPECT_TRUE(gradients[2].valid());
  EXPECT_TRUE(gradients[3].valid());
  EXPECT_TRUE(builder.status().ok());
}

TEST(GradientsTest, StopAtWhatHasNone) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2, 3}});
  // What a sign passes on is none at all.
  const Value loss = ops::SumAll(ops::Mul(ops::Sign(x), x));
  const Tensor at = Tensor::FromValues<float>({1, -2, 3, -4, 5, 6}, {2, 3});
  ExpectClose(RunAt(builder, Gradients(loss, {x})[0], at),
              {1, -1, 1, -1, 1, 1});
}

TEST(GradientsTest, AreOfAScalar) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {3}});
  EXPECT_FALSE(Gradients(ops::Exp(x), {x})[0].valid());
  EXPECT_NE(std::string(builder.status().message())
                .find("gradients are of a scalar, not of float32 (3,)"),
            std::string::npos)
      << builder.status();
}

TEST(GradientsTest, AnOpWithoutAGradientIsNamed) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {3, 2}});
  const Value loss = ops::SumAll(ops::Emit("BiasAddGrad", {x}));
  Gradients(loss, {x});
  EXPECT_NE(std::string(builder.status().message())
                .find("op BiasAddGrad has no gradient"),
            std::string::npos)
      << builder.status();
}

}  // namespace
}  // namespace cairn
