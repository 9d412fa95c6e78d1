#include "core/tensor/tensor.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(TensorTest, ZerosAreZeroAndAligned) {
  const Tensor tensor = Tensor::Zeros({DType::kInt16, {3, 5}});
  EXPECT_EQ(tensor.spec(), TensorSpec({DType::kInt16, {3, 5}}));
  EXPECT_EQ(tensor.size(), 15);
  EXPECT_EQ(tensor.bytes().size(), 30);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.bytes().data()) % 64, 0);
  for (const int16_t value : tensor.values<int16_t>()) EXPECT_EQ(value, 0);
}

TEST(TensorTest, ValuesAreCopiedInRowMajorOrder) {
  std::vector<double> source = {1, 2, 3, 4, 5, 6};
  const Tensor tensor =
      Tensor::FromValues(absl::Span<const double>(source), {2, 3});
  source[0] = 9;
  EXPECT_EQ(tensor.dtype(), DType::kFloat64);
  EXPECT_EQ(tensor.shape(), Shape({2, 3}));
  EXPECT_EQ(tensor.values<double>(),
            absl::Span<const double>({1, 2, 3, 4, 5, 6}));
}

TEST(TensorTest, TruthsAreAByteEach) {
  const Tensor tensor = Tensor::FromValues<bool>({true, false, true}, {3});
  EXPECT_EQ(tensor.bytes().size(), 3);
  EXPECT_EQ(tensor.bytes()[0], std::byte{1});
  EXPECT_EQ(tensor.bytes()[1], std::byte{0});
  ASSERT_EQ(tensor.values<bool>().size(), 3);
  EXPECT_TRUE(tensor.values<bool>()[2]);
}

TEST(TensorTest, AScalarHasOneElementAndNoDimension) {
  const Tensor tensor = Tensor::Scalar<int64_t>(-7);
  EXPECT_TRUE(tensor.shape().empty());
  EXPECT_EQ(tensor.size(), 1);
  EXPECT_EQ(tensor.values<int64_t>()[0], -7);
  // So has the one that is made of nothing.
  EXPECT_EQ(Tensor().spec(), TensorSpec({DType::kFloat32, {}}));
  EXPECT_EQ(Tensor().values<float>()[0], 0);
}

TEST(TensorTest, CopiesShareTheBufferAndClonesDoNot) {
  Tensor tensor = Tensor::FromValues<float>({1, 2}, {2});
  const Tensor copy = tensor;
  const Tensor clone = tensor.Clone();
  tensor.mutable_values<float>()[0] = 9;
  EXPECT_EQ(copy.values<float>()[0], 9);
  EXPECT_EQ(clone.values<float>()[0], 1);
  EXPECT_EQ(clone.spec(), tensor.spec());
}

TEST(TensorTest, AnotherShapeSharesTheBuffer) {
  Tensor tensor = Tensor::FromValues<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  const Tensor column = tensor.Reshaped({6, 1});
  EXPECT_EQ(column.shape(), Shape({6, 1}));
  EXPECT_EQ(column.bytes().data(), tensor.bytes().data());
  EXPECT_EQ(tensor.shape(), Shape({2, 3}));
}

TEST(TensorTest, NoElementsAreNoMatter) {
  const Tensor empty = Tensor::Zeros({DType::kFloat32, {0, 3}});
  EXPECT_EQ(empty.size(), 0);
  EXPECT_TRUE(empty.bytes().empty());
  EXPECT_TRUE(empty.values<float>().empty());
  EXPECT_EQ(empty.Clone().shape(), Shape({0, 3}));
}

TEST(TensorDeathTest, ADifferentTypeOrCountEndsTheProcess) {
  const Tensor tensor = Tensor::Zeros({DType::kFloat32, {2}});
  EXPECT_DEATH(tensor.values<int32_t>(), "check failed");
  EXPECT_DEATH(Tensor::FromValues<float>({1, 2, 3}, {2}), "check failed");
  EXPECT_DEATH(tensor.Reshaped({3}), "check failed");
}

}  // namespace
}  // namespace cairn
