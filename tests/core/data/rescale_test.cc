#include "core/data/rescale.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/data/shuffle.h"
#include "core/data/tensor_samples.h"
#include "gtest/gtest.h"
#include "tests/core/data/numbered_samples.h"

namespace cairn {
namespace {

// `rows` pictures of `pixels` bytes, and their numbers as targets.
SamplesPointer Pictures(int64_t rows, int64_t pixels) {
  Tensor x = Tensor::Zeros({DType::kUInt8, {rows, pixels}});
  Tensor y = Tensor::Zeros({DType::kUInt8, {rows}});
  uint8_t next = 0;
  for (uint8_t& byte : x.mutable_values<uint8_t>()) byte = next++;
  for (int64_t i = 0; i < rows; ++i) {
    y.mutable_values<uint8_t>()[i] = static_cast<uint8_t>(i);
  }
  return *FromTensors({{"pixels", x}}, {{"", y}});
}

TEST(RescaleTest, BytesBecomeFloatsOfTheShape) {
  const auto rescaled = Rescale(Pictures(3, 4), 1.0 / 255, {2, 2, 1});
  EXPECT_EQ(rescaled->size(), 3);
  const std::vector<BatchField> fields = rescaled->fields();
  EXPECT_EQ(fields[0].spec, TensorSpec({DType::kFloat32, {2, 2, 1}}));
  EXPECT_EQ(fields[0].name, "pixels");
  EXPECT_EQ(fields[1].spec, TensorSpec({DType::kUInt8, {}}));
}

TEST(RescaleTest, EveryRowOfAnySizeIsExact) {
  const float factor = static_cast<float>(1.0 / 255);
  for (const int64_t pixels : {1, 2, 21, 63, 64, 65, 129, 784}) {
    for (const int64_t rows : {1, 2, 5}) {
      SCOPED_TRACE(testing::Message() << rows << " x " << pixels);
      const auto rescaled =
          Rescale(Pictures(rows, pixels), 1.0 / 255, {pixels});
      std::vector<int64_t> numbers(rows);
      for (int64_t i = 0; i < rows; ++i) numbers[i] = i;
      // A mark behind, which must stay.
      std::vector<float> floats(rows * pixels + 1, -7);
      std::vector<uint8_t> targets(rows);
      ASSERT_TRUE(
          rescaled
              ->ReadBatch(0, absl::MakeSpan(numbers),
                          {{reinterpret_cast<std::byte*>(floats.data()),
                            4 * (floats.size() - 1)},
                           {reinterpret_cast<std::byte*>(targets.data()),
                            targets.size()}})
              .ok());
      for (int64_t i = 0; i < rows * pixels; ++i) {
        ASSERT_EQ(floats[i],
                  static_cast<float>(static_cast<uint8_t>(i)) * factor)
            << i;
      }
      EXPECT_EQ(floats.back(), -7);
      EXPECT_EQ(targets.back(), rows - 1);
    }
  }
}

TEST(RescaleTest, OneSampleIsReadLikeABatch) {
  const auto rescaled = Rescale(Shuffle(Pictures(5, 70), 3), 2, {70});
  std::vector<float> one(70);
  uint8_t number;
  ASSERT_TRUE(rescaled
                  ->Read(1, 2,
                         {{reinterpret_cast<std::byte*>(one.data()), 280},
                          {reinterpret_cast<std::byte*>(&number), 1}})
                  .ok());
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(one[i], 2 * static_cast<uint8_t>(number * 70 + i));
  }
}

TEST(RescaleTest, WhatIsNoPictureIsRefusedByName) {
  for (const Shape& shape : {Shape{3}, Shape{2, kDynamic}, Shape{}}) {
    const auto rescaled = Rescale(Pictures(2, 4), 1, shape);
    std::vector<std::byte> memory(100);
    const absl::Status status =
        rescaled->Read(0, 0, {{memory.data(), 16}, {memory.data() + 64, 1}});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(std::string(status.message())
                  .find("cannot rescale input \"pixels\": it is uint8 (4,)"),
              std::string::npos)
        << status;
  }
  std::vector<std::byte> memory(100);
  EXPECT_EQ(Rescale(std::make_shared<NumberedSamples>(2), 1, {2})
                ->Read(0, 0, {{memory.data(), 8}, {memory.data() + 64, 1}})
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn
