#include "core/base/philox.h"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

using Words = std::array<uint32_t, 4>;

TEST(PhiloxTest, GivesTheKnownAnswers) {
  // Of the reference implementation's kat_vectors, philox4x32 with 10 rounds.
  EXPECT_EQ(Philox(0, {0, 0, 0, 0}),
            Words({0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox(0xffffffffffffffff,
                   {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}),
            Words({0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox(0x299f31d0a4093822,
                   {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}),
            Words({0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(PhiloxTest, StreamKeysTellSeedsNamesAndLengthsApart) {
  std::set<uint64_t> keys;
  const std::vector<std::string> names = {"",
                                          "a",
                                          "b",
                                          "ab",
                                          "ba",
                                          "dense",
                                          "dense/",
                                          "dense/bias",
                                          "dense_1/bias",
                                          "12345678",
                                          "1234567",
                                          "123456789",
                                          std::string("a\0", 2),
                                          std::string(100, 'x'),
                                          std::string(101, 'x')};
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, UINT64_MAX}) {
    for (const std::string& name : names) {
      keys.insert(StreamKey(seed, name));
    }
  }
  EXPECT_EQ(keys.size(), 3 * names.size());
  EXPECT_EQ(StreamKey(1, "dense"), StreamKey(1, "dense"));
}

TEST(PhiloxTest, AStreamIsItsBlocksOneAfterAnother) {
  RandomStream stream(77, 5);
  for (uint32_t block = 0; block < 3; ++block) {
    for (const uint32_t word : Philox(77, {block, 0, 5, 0})) {
      EXPECT_EQ(stream.NextBits(), word);
    }
  }
  RandomStream high(77, uint64_t{9} << 32);
  EXPECT_EQ(high.NextBits(), Philox(77, {0, 0, 0, 9})[0]);
}

TEST(PhiloxTest, UniformNumbersAreInRangeAndEven) {
  EXPECT_EQ(UniformFloat(0), 0);
  EXPECT_LT(UniformFloat(UINT32_MAX), 1);
  EXPECT_EQ(UniformFloat(0x80000000), 0.5f);
  RandomStream stream(StreamKey(3, "uniform"));
  double sum = 0, squares = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const float x = stream.NextUniform();
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    squares += x * x;
  }
  // Six deviations of the means.
  EXPECT_NEAR(sum / kCount, 0.5, 6 * std::sqrt(1.0 / 12 / kCount));
  EXPECT_NEAR(squares / kCount, 1.0 / 3, 6 * std::sqrt(4.0 / 45 / kCount));
}

TEST(PhiloxTest, NormalNumbersHaveTheirMoments) {
  RandomStream stream(StreamKey(3, "normal"));
  constexpr int kCount = 100000;
  double sum = 0, squares = 0, cubes = 0, fourths = 0, pairs = 0, last = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = stream.NextNormal();
    sum += x;
    squares += x * x;
    cubes += x * x * x;
    fourths += x * x * x * x;
    pairs += x * last;
    last = x;
  }
  const double root = std::sqrt(static_cast<double>(kCount));
  EXPECT_NEAR(sum / kCount, 0, 6 / root);
  EXPECT_NEAR(squares / kCount, 1, 6 * std::sqrt(2.0) / root);
  EXPECT_NEAR(cubes / kCount, 0, 6 * std::sqrt(15.0) / root);
  EXPECT_NEAR(fourths / kCount, 3, 6 * std::sqrt(96.0) / root);
  EXPECT_NEAR(pairs / kCount, 0, 6 / root);
}

TEST(PhiloxTest, NumbersBelowALimitAreEven) {
  RandomStream stream(StreamKey(3, "below"));
  std::vector<int> count(7, 0);
  for (int i = 0; i < 70000; ++i) {
    const uint64_t number = stream.NextBelow(7);
    ASSERT_LT(number, 7);
    ++count[number];
  }
  for (const int n : count) EXPECT_NEAR(n, 10000, 6 * 100);
  EXPECT_EQ(stream.NextBelow(1), 0);
  EXPECT_LT(stream.NextBelow(UINT64_MAX), UINT64_MAX);
}

}  // namespace
}  // namespace cairn
