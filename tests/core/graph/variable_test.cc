#include "core/graph/variable.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(VariableTest, StartsAsZeros) {
  const Variable variable("dense/kernel", {DType::kFloat32, {2}}, true);
  EXPECT_EQ(variable.name(), "dense/kernel");
  EXPECT_EQ(variable.spec(), TensorSpec({DType::kFloat32, {2}}));
  EXPECT_TRUE(variable.trainable());
  EXPECT_EQ(variable.value().values<float>(), absl::Span<const float>({0, 0}));
}

TEST(VariableTest, AssignedValuesAreCopiedIntoPlace) {
  Variable variable("v", {DType::kFloat32, {2}}, false);
  const Tensor alias = variable.value();
  const std::byte* const address = variable.value().bytes().data();
  Tensor value = Tensor::FromValues<float>({1, 2}, {2});
  ASSERT_TRUE(variable.Assign(value).ok());
  value.mutable_values<float>()[0] = 9;
  EXPECT_EQ(variable.value().values<float>(), absl::Span<const float>({1, 2}));
  // The storage is where it was, and others see it change.
  EXPECT_EQ(variable.value().bytes().data(), address);
  EXPECT_EQ(alias.values<float>()[1], 2);
  // A variable may be given its own value.
  ASSERT_TRUE(variable.Assign(variable.value().Clone()).ok());
  EXPECT_EQ(variable.value().values<float>(), absl::Span<const float>({1, 2}));
}

TEST(VariableTest, AValueOfAnotherSpecIsRefusedAndChangesNothing) {
  Variable variable("dense/bias", {DType::kFloat32, {2}}, true);
  ASSERT_TRUE(variable.Assign(Tensor::FromValues<float>({1, 2}, {2})).ok());
  EXPECT_EQ(variable.Assign(Tensor::Zeros({DType::kFloat32, {3}})),
            absl::InvalidArgumentError("variable \"dense/bias\" is float32 "
                                       "(2,), the value given is float32 "
                                       "(3,)"));
  EXPECT_FALSE(variable.Assign(Tensor::Zeros({DType::kInt32, {2}})).ok());
  EXPECT_FALSE(variable.Assign(Tensor::Zeros({DType::kFloat32, {2, 1}})).ok());
  EXPECT_EQ(variable.value().values<float>(), absl::Span<const float>({1, 2}));
}

}  // namespace
}  // namespace cairn
