#include "core/ops/constant.h"

#include <cstring>
#include <memory>
#include <vector>

#include "core/ops/binary.h"
#include "core/ops/unary.h"
#include "core/runtime/plan.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

std::unique_ptr<Plan> CompilePlan(GraphBuilder& builder,
                                  std::vector<Value> outputs) {
  absl::StatusOr<Graph> graph = std::move(builder).Build(outputs);
  EXPECT_TRUE(graph.ok()) << graph.status();
  absl::StatusOr<std::unique_ptr<Plan>> plan =
      Plan::Compile(*std::move(graph), nullptr);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *std::move(plan);
}

Tensor OutputOf(const Plan& plan, int index) {
  Tensor tensor = Tensor::Zeros(plan.output_spec(index));
  std::memcpy(tensor.mutable_bytes().data(), plan.output(index).data(),
              tensor.bytes().size());
  return tensor;
}

TEST(ConstantTest, HasTheTensorsSpecAndValueInEveryRun) {
  GraphBuilder builder;
  const Tensor numbers = Tensor::FromValues<int64_t>({1, -2, 3}, {3, 1});
  const Tensor floats = Tensor::FromValues<float>({-1, 2}, {2});
  const Value constant = ops::Constant(&builder, numbers);
  EXPECT_EQ(constant.spec(), numbers.spec());
  // Relu may work in place, but not in that of a constant.
  const Value positive = ops::Relu(ops::Constant(&builder, floats));
  const std::unique_ptr<Plan> plan = CompilePlan(builder, {constant, positive});
  for (int run = 0; run < 2; ++run) {
    ASSERT_TRUE(plan->Run().ok());
    EXPECT_EQ(OutputOf(*plan, 0).bytes(), numbers.bytes());
    ExpectClose(OutputOf(*plan, 1), {0, 2});
  }
  ExpectClose(floats, {-1, 2});
}

TEST(ConstantTest, AScalarLikeAValueIsFloatAndInItsGraph) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2}});
  const Value half = ops::ScalarLike(x, 0.5);
  EXPECT_EQ(half.builder(), &builder);
  EXPECT_EQ(half.spec(), TensorSpec({DType::kFloat32, {}}));
  const std::unique_ptr<Plan> plan = CompilePlan(builder, {ops::Mul(x, half)});
  const Tensor given = Tensor::FromValues<float>({3, -8}, {2});
  std::memcpy(plan->input(0).data(), given.bytes().data(), 8);
  ASSERT_TRUE(plan->Run().ok());
  ExpectClose(OutputOf(*plan, 0), {1.5, -4});
}

TEST(ConstantTest, AScalarLikeNothingIsNothing) {
  EXPECT_FALSE(ops::ScalarLike(Value(), 1).valid());
  GraphBuilder builder;
  const Value failed = builder.Fail(absl::InvalidArgumentError("odd"));
  EXPECT_FALSE(ops::ScalarLike(failed, 1).valid());
}

}  // namespace
}  // namespace cairn
