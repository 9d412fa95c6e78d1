#include "core/data/readers/synthetic_digits.h"

#include <cstring>
#include <vector>

#include "core/base/philox.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

uint64_t Digest(const Tensor& tensor) {
  const absl::Span<const std::byte> bytes = tensor.bytes();
  return StreamKey(
      0, absl::string_view(reinterpret_cast<const char*>(bytes.data()),
                           bytes.size()));
}

absl::Span<const uint8_t> ImageOf(const DigitImages& digits, int64_t row) {
  return digits.images.values<uint8_t>().subspan(row * 784, 784);
}

TEST(SyntheticDigitsTest, HaveTheFormOfMnist) {
  const DigitImages digits = SyntheticDigits(20, 1);
  EXPECT_EQ(digits.images.spec(), TensorSpec({DType::kUInt8, {20, 28, 28}}));
  EXPECT_EQ(digits.labels.spec(), TensorSpec({DType::kUInt8, {20}}));
  EXPECT_EQ(SyntheticDigits(0, 1).images.shape(), Shape({0, 28, 28}));
}

TEST(SyntheticDigitsTest, AreTheSameBytesOnEveryMachine) {
  const DigitImages digits = SyntheticDigits(200, 1);
  EXPECT_EQ(Digest(digits.images), 425672838268124969u);
  EXPECT_EQ(Digest(digits.labels), 8672168871148845056u);
}

TEST(SyntheticDigitsTest, ARowFollowsFromSeedAndNumberAlone) {
  const DigitImages few = SyntheticDigits(5, 3), many = SyntheticDigits(9, 3);
  for (int64_t row = 0; row < 5; ++row) {
    EXPECT_EQ(ImageOf(few, row), ImageOf(many, row)) << row;
    EXPECT_EQ(few.labels.values<uint8_t>()[row],
              many.labels.values<uint8_t>()[row]);
  }
  const DigitImages others = SyntheticDigits(9, 4);
  for (int64_t a = 0; a < 9; ++a) {
    for (int64_t b = 0; b < 9; ++b) {
      EXPECT_NE(ImageOf(many, a), ImageOf(others, b));
      EXPECT_EQ(ImageOf(many, a) == ImageOf(many, b), a == b);
    }
  }
}

TEST(SyntheticDigitsTest, LabelsAreBalanced) {
  const DigitImages digits = SyntheticDigits(2000, 5);
  std::vector<int> count(10, 0);
  for (const uint8_t label : digits.labels.values<uint8_t>()) {
    ASSERT_LT(label, 10);
    ++count[label];
  }
  // Six deviations.
  for (int digit = 0; digit < 10; ++digit) {
    EXPECT_NEAR(count[digit], 200, 80) << digit;
  }
}

TEST(SyntheticDigitsTest, ImagesAreInkOnAnEmptyGround) {
  const DigitImages digits = SyntheticDigits(100, 6);
  for (int64_t row = 0; row < 100; ++row) {
    int dark = 0, light = 0;
    for (const uint8_t pixel : ImageOf(digits, row)) {
      dark += pixel < 64;
      light += pixel > 128;
    }
    EXPECT_GT(dark, 784 / 2) << row;
    EXPECT_GT(light, 15) << row;
    EXPECT_LT(light, 784 / 3) << row;
  }
}

TEST(SyntheticDigitsTest, ImagesOfOneDigitAreMoreAlikeThanOthers) {
  // The mean of each digit is nearest to most images of that digit.
  const DigitImages digits = SyntheticDigits(1500, 7);
  const absl::Span<const uint8_t> labels = digits.labels.values<uint8_t>();
  std::vector<std::vector<double>> means(10, std::vector<double>(784, 0));
  std::vector<int> count(10, 0);
  for (int64_t row = 0; row < 1000; ++row) {
    ++count[labels[row]];
    for (int i = 0; i < 784; ++i) {
      means[labels[row]][i] += ImageOf(digits, row)[i];
    }
  }
  int right = 0;
  for (int64_t row = 1000; row < 1500; ++row) {
    int best = -1;
    double least = 0;
    for (int digit = 0; digit < 10; ++digit) {
      double distance = 0;
      for (int i = 0; i < 784; ++i) {
        const double d =
            means[digit][i] / count[digit] - ImageOf(digits, row)[i];
        distance += d * d;
      }
      if (best < 0 || distance < least) {
        best = digit;
        least = distance;
      }
    }
    right += best == labels[row];
  }
  // Chance would have 50.
  EXPECT_GT(right, 300);
}

}  // namespace
}  // namespace cairn
