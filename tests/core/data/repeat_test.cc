#include "core/data/repeat.h"

#include <memory>

#include "core/data/shuffle.h"
#include "gtest/gtest.h"
#include "tests/core/data/numbered_samples.h"

namespace cairn {
namespace {

TEST(RepeatTest, PassesFollowEachOtherAndEachIsAnEpoch) {
  const auto repeated = Repeat(std::make_shared<NumberedSamples>(3), 2);
  EXPECT_EQ(repeated->size(), 6);
  EXPECT_TRUE(ReadAll(*repeated, 0) ==
              std::vector<ReadSample>(
                  {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}));
  EXPECT_TRUE(ReadAll(*repeated, 5) ==
              std::vector<ReadSample>(
                  {{10, 0}, {10, 1}, {10, 2}, {11, 0}, {11, 1}, {11, 2}}));
}

TEST(RepeatTest, ShuffledSamplesComeInAnotherOrderInEachPass) {
  const auto repeated =
      Repeat(Shuffle(std::make_shared<NumberedSamples>(50), 3), 2);
  const std::vector<int64_t> numbers = ReadNumbers(*repeated, 0);
  EXPECT_NE(std::vector<int64_t>(numbers.begin(), numbers.begin() + 50),
            std::vector<int64_t>(numbers.begin() + 50, numbers.end()));
}

TEST(RepeatTest, TimesAreNotNegativeAndDoNotOverflow) {
  EXPECT_EQ(Repeat(std::make_shared<NumberedSamples>(3), 0)->size(), 0);
  EXPECT_EQ(Repeat(std::make_shared<NumberedSamples>(3), -2)->size(), 0);
  EXPECT_EQ(Repeat(std::make_shared<NumberedSamples>(0), 5)->size(), 0);
  const auto many = Repeat(std::make_shared<NumberedSamples>(3), INT64_MAX);
  EXPECT_GT(many->size(), INT64_MAX / 2);
  int64_t who[2];
  uint8_t target;
  ASSERT_TRUE(many->Read(1, many->size() - 1,
                         {{reinterpret_cast<std::byte*>(who), 16},
                          {reinterpret_cast<std::byte*>(&target), 1}})
                  .ok());
  EXPECT_EQ(who[1], 2);
}

TEST(RepeatTest, FieldsStay) {
  const auto fields = Repeat(std::make_shared<NumberedSamples>(3), 2)->fields();
  ASSERT_EQ(fields.size(), 2);
  EXPECT_EQ(fields[0].name, "who");
}

}  // namespace
}  // namespace cairn
