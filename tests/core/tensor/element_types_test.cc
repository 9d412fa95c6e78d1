#include "core/tensor/element_types.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(ElementTypesTest, SixteenBitsAreReadAsTheNumbersTheyMean) {
  const auto half = [](uint16_t bits) {
    Float16 value;
    value.bits = bits;
    return ElementToDouble(value);
  };
  EXPECT_EQ(half(0x3c00), 1.0);
  EXPECT_EQ(half(0xc000), -2.0);
  EXPECT_EQ(half(0x7bff), 65504.0);
  EXPECT_EQ(half(0x0001), 0x1p-24);
  EXPECT_EQ(half(0x7c00), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(half(0x7e00)));
  BFloat16 brain;
  brain.bits = 0x3fc0;
  EXPECT_EQ(ElementToDouble(brain), 1.5);
}

TEST(ElementTypesTest, NumbersAreRoundedToTheNearestTiesToEven) {
  // 1 + 2^-11 lies between 1 and 1 + 2^-10.
  EXPECT_EQ(ElementFromDouble<Float16>(1 + 0x1p-11).bits, 0x3c00);
  EXPECT_EQ(ElementFromDouble<Float16>(1 + 0x3p-11).bits, 0x3c02);
  EXPECT_EQ(ElementFromDouble<BFloat16>(1 + 0x1p-8).bits, 0x3f80);
  EXPECT_EQ(ElementFromDouble<BFloat16>(1 + 0x3p-8).bits, 0x3f82);
  EXPECT_EQ(ElementFromDouble<Float16>(1e6).bits, 0x7c00);
}

TEST(ElementTypesTest, EveryTypeHasAnElementOfItsSize) {
  for (int i = 0; i <= static_cast<int>(DType::kUInt64); ++i) {
    const auto dtype = static_cast<DType>(i);
    WithElementType(dtype, [&](auto element) {
      EXPECT_EQ(sizeof(element), ElementSize(dtype)) << DTypeName(dtype);
      EXPECT_EQ(kIsFloatingElement<decltype(element)>, IsFloating(dtype));
    });
  }
}

TEST(ElementTypesTest, ElementsOfATensorAreItsOwn) {
  Tensor tensor = Tensor::Zeros({DType::kBFloat16, {2}});
  MutableElementsOf<BFloat16>(tensor)[1] = BFloat16(-3.0f);
  EXPECT_EQ(ElementToDouble(ElementsOf<BFloat16>(tensor)[0]), 0);
  EXPECT_EQ(ElementToDouble(ElementsOf<BFloat16>(tensor)[1]), -3);
}

}  // namespace
}  // namespace cairn
