#include "core/ops/dropout_mask.h"

#include <cmath>

#include "core/base/philox.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

Tensor Mask(const Shape& shape, int64_t counter, int64_t key, float rate) {
  return CheckOp({.op = "_DropoutMask",
                  .inputs = {Tensor::Zeros({DType::kFloat32, shape}),
                             Tensor::Scalar<int64_t>(counter)},
                  .attrs = {{"key", key}, {"rate", rate}},
                  .batched = {0}})[0];
}

TEST(DropoutMaskTest, AgreesWithPhiloxNumberByNumber) {
  const int64_t key = static_cast<int64_t>(StreamKey(7, "dropout"));
  for (const int64_t counter :
       {int64_t{0}, int64_t{5}, int64_t{-1}, (int64_t{3} << 32) + 9}) {
    for (const int64_t count : {1, 3, 63, 64, 65, 1000, 40003}) {
      const Tensor mask = Mask({count}, counter, key, 0.25f);
      for (int64_t i = 0; i < count; ++i) {
        const uint64_t step = static_cast<uint64_t>(counter);
        const uint32_t word = Philox(
            static_cast<uint64_t>(key),
            {static_cast<uint32_t>(i / 4), 0, static_cast<uint32_t>(step),
             static_cast<uint32_t>(step >> 32)})[i % 4];
        ASSERT_EQ(mask.values<float>()[i],
                  word < 0x40000000u ? 0.0f : 1 / 0.75f)
            << "number " << i << " of " << count << " at " << counter;
      }
    }
  }
}

TEST(DropoutMaskTest, AboutTheRateIsDropped) {
  const Tensor mask = Mask({1000, 100}, 3, 11, 0.2f);
  int64_t dropped = 0;
  for (const float value : mask.values<float>()) dropped += value == 0;
  EXPECT_NEAR(dropped, 20000, 600);
}

TEST(DropoutMaskTest, EveryStepAndKeyHasItsOwn) {
  const Tensor first = Mask({256}, 1, 11, 0.5f);
  EXPECT_NE(first.bytes(), Mask({256}, 2, 11, 0.5f).bytes());
  EXPECT_NE(first.bytes(), Mask({256}, 1, 12, 0.5f).bytes());
  EXPECT_EQ(first.bytes(), Mask({256}, 1, 11, 0.5f).bytes());
}

TEST(DropoutMaskTest, TheCounterMustBeAScalar) {
  EXPECT_NE(TraceError({.op = "_DropoutMask",
                        .inputs = {Spread({4}, 0, 1), Spread({4}, 0, 1)},
                        .attrs = {{"key", int64_t{1}}, {"rate", 0.5f}}})
                .find("counter must be an int64 scalar"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn
