#include "core/tensor/shape.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(ShapeTest, ElementsAreTheProductOfTheDimensions) {
  EXPECT_EQ(ElementCount({}), 1);
  EXPECT_EQ(ElementCount({3}), 3);
  EXPECT_EQ(ElementCount({3, 0, 5}), 0);
  EXPECT_EQ(ElementCount({1, 2, 3, 4, 5, 6}), 720);
  EXPECT_EQ(ElementCount({1 << 20, 1 << 20}), int64_t{1} << 40);
}

TEST(ShapeTest, BytesAreThoseOfTheElements) {
  EXPECT_EQ(ByteSize({DType::kFloat64, {3, 2}}), 48);
  EXPECT_EQ(ByteSize({DType::kUInt8, {}}), 1);
  EXPECT_EQ(ByteSize({DType::kBFloat16, {0}}), 0);
}

TEST(ShapeTest, AShapeIsStaticIfEveryDimensionIsKnown) {
  EXPECT_TRUE(IsStatic({}));
  EXPECT_TRUE(IsStatic({0, 3}));
  EXPECT_FALSE(IsStatic({kDynamic}));
  EXPECT_FALSE(IsStatic({3, kDynamic, 2}));
}

TEST(ShapeTest, TextIsKerass) {
  EXPECT_EQ(ShapeToString({}), "()");
  EXPECT_EQ(ShapeToString({3}), "(3,)");
  EXPECT_EQ(ShapeToString({kDynamic, 28, 28, 1}), "(None, 28, 28, 1)");
  EXPECT_EQ(SpecToString({DType::kInt32, {kDynamic}}), "int32 (None,)");
}

TEST(ShapeTest, SpecsAreEqualByTypeAndShape) {
  const TensorSpec spec = {DType::kInt32, {2, 3}};
  EXPECT_EQ(spec, TensorSpec({DType::kInt32, {2, 3}}));
  EXPECT_FALSE(spec == TensorSpec({DType::kInt64, {2, 3}}));
  EXPECT_FALSE(spec == TensorSpec({DType::kInt32, {3, 2}}));
  EXPECT_FALSE(spec == TensorSpec({DType::kInt32, {2, 3, 1}}));
}

TEST(ShapeDeathTest, AnUnknownDimensionHasNoCount) {
  EXPECT_DEATH(ElementCount({3, kDynamic}), "check failed");
}

}  // namespace
}  // namespace cairn
