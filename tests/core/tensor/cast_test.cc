#include "core/tensor/cast.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "core/tensor/tensor.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

Tensor Cast(const Tensor& value, DType to) {
  const auto result = CastTensor(value, to);
  EXPECT_TRUE(IsOk(result));
  return result.ok() ? *result : Tensor();
}

Tensor OfBits(DType dtype, std::initializer_list<uint16_t> bits) {
  Tensor tensor = Tensor::Zeros({dtype, {static_cast<int64_t>(bits.size())}});
  uint16_t* out = reinterpret_cast<uint16_t*>(tensor.mutable_bytes().data());
  for (const uint16_t x : bits) *out++ = x;
  return tensor;
}

uint16_t BitsOf(DType dtype, double x) {
  const Tensor cast = Cast(Tensor::Scalar<double>(x), dtype);
  return *reinterpret_cast<const uint16_t*>(cast.bytes().data());
}

TEST(CastTest, TheSameTypeIsTheSameBuffer) {
  const Tensor value = Tensor::Scalar<float>(1);
  EXPECT_EQ(Cast(value, DType::kFloat32).bytes().data(), value.bytes().data());
}

TEST(CastTest, NumbersKeepTheirValues) {
  const Tensor value = Tensor::FromValues<double>({0.5, -3, 1e300}, {3});
  const Tensor floats = Cast(value, DType::kFloat32);
  EXPECT_EQ(floats.shape(), Shape{3});
  EXPECT_EQ(floats.values<float>()[1], -3.0f);
  EXPECT_TRUE(std::isinf(floats.values<float>()[2]));
  EXPECT_EQ(Cast(Tensor::Scalar<int64_t>(-7), DType::kInt8).values<int8_t>()[0],
            -7);
  EXPECT_EQ(
      Cast(Tensor::Scalar<bool>(true), DType::kInt32).values<int32_t>()[0], 1);
  EXPECT_TRUE(
      Cast(Tensor::Scalar<float>(0.25f), DType::kBool).values<bool>()[0]);
  EXPECT_EQ(
      Cast(Tensor::Scalar<float>(-2.9f), DType::kInt32).values<int32_t>()[0],
      -2);
}

TEST(CastTest, AWholeNumberThatDoesNotFitIsRefused) {
  const auto code = absl::StatusCode::kInvalidArgument;
  EXPECT_TRUE(IsError(CastTensor(Tensor::Scalar<int32_t>(300), DType::kUInt8),
                      code, {"300", "uint8"}));
  EXPECT_TRUE(IsError(CastTensor(Tensor::Scalar<int32_t>(-1), DType::kUInt64),
                      code, {"-1", "uint64"}));
  EXPECT_TRUE(IsError(
      CastTensor(Tensor::Scalar<double>(9223372036854775808.0), DType::kInt64),
      code, {"int64"}));
  EXPECT_TRUE(IsError(
      CastTensor(Tensor::Scalar<float>(std::numeric_limits<float>::quiet_NaN()),
                 DType::kInt32),
      code, {"nan", "int32"}));
  EXPECT_EQ(Cast(Tensor::Scalar<double>(-9223372036854775808.0), DType::kInt64)
                .values<int64_t>()[0],
            std::numeric_limits<int64_t>::min());
}

TEST(CastTest, HalvesAreRoundedToTheNearestAndBack) {
  // Of IEEE 754: one, the largest, the smallest normal and subnormal numbers.
  const Tensor halves =
      OfBits(DType::kFloat16, {0x3c00, 0xfbff, 0x0400, 0x0001, 0x7c00, 0x8000});
  const auto wide = Cast(halves, DType::kFloat64);
  EXPECT_EQ(wide.values<double>()[0], 1);
  EXPECT_EQ(wide.values<double>()[1], -65504);
  EXPECT_EQ(wide.values<double>()[2], std::ldexp(1, -14));
  EXPECT_EQ(wide.values<double>()[3], std::ldexp(1, -24));
  EXPECT_TRUE(std::isinf(wide.values<double>()[4]));
  const Tensor back = Cast(wide, DType::kFloat16);
  EXPECT_TRUE(std::equal(back.bytes().begin(), back.bytes().end(),
                         halves.bytes().begin()));
  EXPECT_EQ(BitsOf(DType::kFloat16, 1 + std::ldexp(1, -11)), 0x3c00);
  EXPECT_EQ(BitsOf(DType::kFloat16, 1 + 3 * std::ldexp(1, -11)), 0x3c02);
  EXPECT_EQ(BitsOf(DType::kFloat16, 65519), 0x7bff);
  EXPECT_EQ(BitsOf(DType::kFloat16, 65520), 0x7c00);
  EXPECT_EQ(BitsOf(DType::kFloat16, std::ldexp(1023.75, -24)), 0x0400);
}

TEST(CastTest, EveryBrainFloatComesBack) {
  for (int bits = 0; bits < 0x10000; ++bits) {
    const Tensor value =
        OfBits(DType::kBFloat16, {static_cast<uint16_t>(bits)});
    const float wide = Cast(value, DType::kFloat32).values<float>()[0];
    if (std::isnan(wide)) continue;
    ASSERT_EQ(BitsOf(DType::kBFloat16, wide), bits);
  }
  EXPECT_EQ(BitsOf(DType::kBFloat16, 1 + std::ldexp(1, -8)), 0x3f80);
  EXPECT_EQ(BitsOf(DType::kBFloat16, 1 + 3 * std::ldexp(1, -8)), 0x3f82);
}

// Two times the number 7.
class SevenContent : public TensorContent {
 public:
  absl::Status Read(int64_t, absl::Span<std::byte> destination) const override {
    const float sevens[2] = {7, 7};
    std::memcpy(destination.data(), sevens, destination.size());
    return absl::OkStatus();
  }
};

TEST(CastTensorTest, WhatIsStoredIsReadAndConverted) {
  const Tensor stored = Tensor::Stored({DType::kFloat32, {2}},
                                       std::make_shared<SevenContent>());
  EXPECT_EQ(Cast(stored, DType::kInt32).values<int32_t>()[1], 7);
  EXPECT_TRUE(Cast(stored, DType::kFloat32).is_stored());
}

}  // namespace
}  // namespace cairn
