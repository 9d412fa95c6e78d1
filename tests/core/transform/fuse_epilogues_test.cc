#include "core/transform/fuse_epilogues.h"

#include "core/graph/builder.h"
#include "core/ops/bias_add.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/unary.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

class FuseEpiloguesTest : public testing::Test {
 protected:
  std::string Fused(std::initializer_list<Value> outputs) {
    const absl::StatusOr<Graph> graph = std::move(builder_).Build(
        absl::MakeConstSpan(outputs.begin(), outputs.size()));
    EXPECT_TRUE(graph.ok()) << graph.status();
    return FuseEpilogues(*graph).ToString();
  }

  GraphBuilder builder_;
  const Value x_ = builder_.AddInput("x", {DType::kFloat32, {4, 3}});
  const Value w_ = builder_.AddInput("w", {DType::kFloat32, {3, 2}});
  const Value b_ = builder_.AddInput("b", {DType::kFloat32, {2}});
};

TEST_F(FuseEpiloguesTest, BiasAndActivationJoinTheProduct) {
  EXPECT_EQ("\n" + Fused({ops::Relu(ops::BiasAdd(ops::MatMul(x_, w_), b_))}),
            R"(
%0 = Placeholder() dtype=float32 name="x" shape=[4, 3] : float32 (4, 3)
%1 = Placeholder() dtype=float32 name="w" shape=[3, 2] : float32 (3, 2)
%2 = Placeholder() dtype=float32 name="b" shape=[2] : float32 (2,)
%3 = MatMul(%0, %1, %2) epilogue_activation="Relu" epilogue_bias=true transpose_a=false transpose_b=false : float32 (4, 2)
output %3
)");
}

TEST_F(FuseEpiloguesTest, EitherJoinsAlone) {
  EXPECT_EQ("\n" + Fused({ops::BiasAdd(ops::MatMul(x_, w_), b_),
                          ops::Tanh(ops::MatMul(x_, w_))}),
            R"(
%0 = Placeholder() dtype=float32 name="x" shape=[4, 3] : float32 (4, 3)
%1 = Placeholder() dtype=float32 name="w" shape=[3, 2] : float32 (3, 2)
%2 = Placeholder() dtype=float32 name="b" shape=[2] : float32 (2,)
%3 = MatMul(%0, %1, %2) epilogue_activation="" epilogue_bias=true transpose_a=false transpose_b=false : float32 (4, 2)
%4 = MatMul(%0, %1) epilogue_activation="Tanh" epilogue_bias=false transpose_a=false transpose_b=false : float32 (4, 2)
output %3
output %4
)");
}

TEST_F(FuseEpiloguesTest, WhatOthersReadIsStillComputed) {
  const Value product = ops::MatMul(x_, w_);
  const Value with_bias = ops::BiasAdd(product, b_);
  const Value active = ops::Relu(with_bias);
  EXPECT_EQ("\n" + Fused({active, ops::SumAll(with_bias)}), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[4, 3] : float32 (4, 3)
%1 = Placeholder() dtype=float32 name="w" shape=[3, 2] : float32 (3, 2)
%2 = Placeholder() dtype=float32 name="b" shape=[2] : float32 (2,)
%3 = MatMul(%0, %1, %2) epilogue_activation="" epilogue_bias=true transpose_a=false transpose_b=false : float32 (4, 2)
%4 = Relu(%3) : float32 (4, 2)
%5 = Sum(%3) axis=[0, 1] keep_dims=false : float32 ()
output %4
output %5
)");
}

TEST_F(FuseEpiloguesTest, AnOutputOfTheGraphIsARead) {
  const Value product = ops::MatMul(x_, w_);
  EXPECT_EQ("\n" + Fused({product, ops::BiasAdd(product, b_)}), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[4, 3] : float32 (4, 3)
%1 = Placeholder() dtype=float32 name="w" shape=[3, 2] : float32 (3, 2)
%2 = Placeholder() dtype=float32 name="b" shape=[2] : float32 (2,)
%3 = MatMul(%0, %1) transpose_a=false transpose_b=false : float32 (4, 2)
%4 = BiasAdd(%3, %2) : float32 (4, 2)
output %3
output %4
)");
}

TEST_F(FuseEpiloguesTest, OtherFunctionsStayBehindTheProduct) {
  EXPECT_EQ("\n" + Fused({ops::Exp(ops::MatMul(x_, w_))}), R"(
%0 = Placeholder() dtype=float32 name="x" shape=[4, 3] : float32 (4, 3)
%1 = Placeholder() dtype=float32 name="w" shape=[3, 2] : float32 (3, 2)
%2 = Placeholder() dtype=float32 name="b" shape=[2] : float32 (2,)
%3 = MatMul(%0, %1) transpose_a=false transpose_b=false : float32 (4, 2)
%4 = Exp(%3) : float32 (4, 2)
output %4
)");
}

}  // namespace
}  // namespace cairn
