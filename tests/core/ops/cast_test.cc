#include "core/ops/cast.h"

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

Tensor CastTo(const Tensor& x, DType dtype) {
  return CheckOp({.op = "Cast",
                  .inputs = {x},
                  .attrs = {{"SrcT", x.dtype()}, {"DstT", dtype}},
                  .batched = {0}})[0];
}

TEST(CastTest, BytesBecomeFloats) {
  // Longer than a vector, a block and a task.
  Tensor bytes = Tensor::Zeros({DType::kUInt8, {40007}});
  for (int64_t i = 0; i < bytes.size(); ++i) {
    bytes.mutable_values<uint8_t>()[i] = static_cast<uint8_t>(i * 7);
  }
  const Tensor floats = CastTo(bytes, DType::kFloat32);
  for (int64_t i = 0; i < bytes.size(); ++i) {
    ASSERT_EQ(floats.values<float>()[i], bytes.values<uint8_t>()[i]) << i;
  }
}

TEST(CastTest, FloatsAreTruncated) {
  const Tensor x = Tensor::FromValues<float>({1.9f, -1.9f, 300.0f}, {3});
  EXPECT_EQ(CastTo(x, DType::kInt64).values<int64_t>(),
            absl::Span<const int64_t>({1, -1, 300}));
  EXPECT_EQ(CastTo(x, DType::kInt32).values<int32_t>(),
            absl::Span<const int32_t>({1, -1, 300}));
  EXPECT_EQ(CastTo(x, DType::kFloat64).values<double>()[1],
            static_cast<double>(-1.9f));
}

TEST(CastTest, TruthIsZeroOrOne) {
  const Tensor x = Tensor::FromValues<float>({0, 0.5f, -3}, {3});
  const Tensor truth = CastTo(x, DType::kBool);
  EXPECT_EQ(truth.values<bool>(), absl::Span<const bool>({false, true, true}));
  ExpectClose(CastTo(truth, DType::kFloat32), {0, 1, 1});
}

TEST(CastTest, TheGradientPassesBetweenFloats) {
  const Tensor x = Spread({5}, -1, 1);
  CheckOp({.op = "Cast",
           .inputs = {x},
           .attrs = {{"SrcT", DType::kFloat32}, {"DstT", DType::kFloat32}},
           .differentiate = {0}});
}

TEST(CastTest, StoredTypesAreRefused) {
  EXPECT_NE(TraceError({.op = "Cast",
                        .inputs = {Tensor::Scalar(1.0f)},
                        .attrs = {{"SrcT", DType::kFloat32},
                                  {"DstT", DType::kFloat16}}})
                .find("cannot cast to float16"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn
