#include "core/graph/builder.h"

#include <memory>
#include <string>
#include <vector>

#include "core/ops/binary.h"
#include "core/ops/matmul.h"
#include "core/ops/unary.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TensorSpec Floats(Shape shape) { return {DType::kFloat32, std::move(shape)}; }

std::shared_ptr<Variable> MakeVariable(const char* name) {
  return std::make_shared<Variable>(name, Floats({2}), /*trainable=*/true);
}

void ExpectError(const absl::Status& status, const std::string& text) {
  EXPECT_FALSE(status.ok());
  EXPECT_NE(std::string(status.message()).find(text), std::string::npos)
      << status;
}

TEST(GraphBuilderTest, ValuesKnowTheirSpecs) {
  GraphBuilder builder;
  const Value a = builder.AddInput("a", Floats({kDynamic, 3}));
  const Value b = builder.AddInput("b", Floats({3, 5}));
  const Value c = ops::MatMul(a, b);
  EXPECT_TRUE(c.valid());
  EXPECT_EQ(c.builder(), &builder);
  EXPECT_EQ(c.spec(), Floats({kDynamic, 5}));
  EXPECT_EQ(builder.spec(c), c.spec());
  EXPECT_EQ(builder.node(c.id()).op->name, "MatMul");
  EXPECT_EQ(builder.node_count(), 3);
}

TEST(GraphBuilderTest, InputsAndOutputsKeepTheirOrder) {
  GraphBuilder builder;
  const Value a = builder.AddInput("a", Floats({1}));
  const Value b = builder.AddInput("b", Floats({2}));
  const absl::StatusOr<Graph> graph = std::move(builder).Build({b, a, b});
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ(graph->inputs().size(), 2);
  EXPECT_EQ(graph->spec(graph->inputs()[1]), Floats({2}));
  ASSERT_EQ(graph->outputs().size(), 3);
  EXPECT_EQ(graph->outputs()[0], graph->inputs()[1]);
  EXPECT_EQ(graph->outputs()[2], graph->outputs()[0]);
}

TEST(GraphBuilderTest, TheFirstErrorIsKeptWithTheLineThatCausedIt) {
  GraphBuilder builder;
  const Value a = builder.AddInput("a", Floats({2, 3}));
  const Value b = builder.AddInput("b", Floats({4, 5}));
  const int line = __LINE__ + 1;
  const Value c = ops::MatMul(a, b);
  EXPECT_FALSE(c.valid());
  EXPECT_EQ(c.builder(), &builder);
  // What follows from it is no error of its own.
  const Value d = ops::Add(ops::Exp(c), a);
  EXPECT_FALSE(d.valid());
  EXPECT_FALSE(ops::MatMul(b, b).valid());
  EXPECT_FALSE(ops::Exp(a).valid());
  EXPECT_FALSE(builder.AddInput("e", Floats({1})).valid());
  builder.Fail(absl::InternalError("later"));

  const std::string expected =
      "MatMul: the inner dimensions differ: 3 and 4 (inputs: float32 (2, 3), "
      "float32 (4, 5)) [" __FILE__ ":" +
      std::to_string(line) + "]";
  EXPECT_EQ(builder.status(), absl::InvalidArgumentError(expected));
  EXPECT_EQ(std::move(builder).Build({a}).status(),
            absl::InvalidArgumentError(expected));
}

TEST(GraphBuilderTest, ForwardCodeMayReportAnErrorOfItsOwn) {
  GraphBuilder builder;
  const int line = __LINE__ + 1;
  EXPECT_FALSE(builder.Fail(absl::InvalidArgumentError("odd")).valid());
  EXPECT_EQ(builder.status(),
            absl::InvalidArgumentError("odd [" __FILE__ ":" +
                                       std::to_string(line) + "]"));
}

TEST(GraphBuilderTest, WhatIsNoValueOfTheGraphIsRefused) {
  GraphBuilder builder, other;
  const Value a = builder.AddInput("a", Floats({2}));
  const Value foreign = other.AddInput("a", Floats({2}));
  builder.Emit("AddV2", {a, foreign}, {});
  ExpectError(builder.status(), "AddV2: input 1 belongs to another graph");
  GraphBuilder third;
  third.Emit("Exp", {Value()}, {});
  ExpectError(third.status(), "Exp: input 0 is not a value");
  GraphBuilder fourth;
  fourth.Emit("NoSuchOp", {}, {});
  ExpectError(fourth.status(), "no op \"NoSuchOp\" is registered");
  GraphBuilder fifth;
  ExpectError(std::move(fifth).Build({Value()}).status(),
              "an output of the graph is not a value");
}

TEST(GraphBuilderTest, AVariableIsReadOnce) {
  const auto a = MakeVariable("a"), b = MakeVariable("b");
  GraphBuilder builder;
  const Value first = builder.Read(a);
  builder.Read(b);
  EXPECT_EQ(builder.Read(a).id(), first.id());
  const absl::StatusOr<Graph> graph = std::move(builder).Build({first});
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ(graph->variables().size(), 2);
  EXPECT_EQ(graph->variables()[0], a);
  EXPECT_EQ(graph->variables()[1], b);
}

TEST(GraphBuilderTest, ASecondUpdateReplacesTheFirst) {
  const auto a = MakeVariable("a"), b = MakeVariable("b");
  GraphBuilder builder;
  const Value x = builder.AddInput("x", Floats({2}));
  EXPECT_FALSE(builder.PendingUpdate(*a).valid());
  builder.Update(a, x);
  builder.Update(b, x);
  const Value y = ops::Exp(x);
  builder.Update(a, y);
  EXPECT_EQ(builder.PendingUpdate(*a).id(), y.id());
  // What is no value leaves it as it is.
  builder.Update(a, Value());
  const absl::StatusOr<Graph> graph = std::move(builder).Build({});
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ(graph->updates().size(), 2);
  EXPECT_EQ(graph->updates()[0].variable, a);
  EXPECT_EQ(graph->updates()[0].new_value, y.id());
}

TEST(GraphBuilderTest, AnUpdateOfAnotherSpecIsAnError) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", Floats({3}));
  builder.Update(MakeVariable("dense/bias"), x);
  ExpectError(builder.status(),
              "variable \"dense/bias\" is float32 (2,), its update is float32 "
              "(3,)");
}

}  // namespace
}  // namespace cairn
