#include "core/data/tensor_samples.h"

#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

std::string ErrorOf(std::vector<NamedTensor> inputs,
                    std::vector<NamedTensor> targets) {
  const absl::Status status =
      FromTensors(std::move(inputs), std::move(targets)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(TensorSamplesTest, FieldsAreTheTensorsWithoutTheirRows) {
  const auto samples =
      FromTensors({{"a", Tensor::Zeros({DType::kUInt8, {4, 2, 3}})},
                   {"b", Tensor::Zeros({DType::kFloat64, {4}})}},
                  {{"", Tensor::Zeros({DType::kInt32, {4, 1}})}});
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ((*samples)->size(), 4);
  const std::vector<BatchField> fields = (*samples)->fields();
  ASSERT_EQ(fields.size(), 3);
  EXPECT_EQ(fields[0].name, "a");
  EXPECT_EQ(fields[0].spec, TensorSpec({DType::kUInt8, {2, 3}}));
  EXPECT_EQ(fields[0].use, BatchField::Use::kInput);
  EXPECT_EQ(fields[1].spec, TensorSpec({DType::kFloat64, {}}));
  EXPECT_EQ(fields[2].spec, TensorSpec({DType::kInt32, {1}}));
  EXPECT_EQ(fields[2].use, BatchField::Use::kTarget);
}

TEST(TensorSamplesTest, RowsComeInTheOrderAskedForWhateverNeighboursAre) {
  const Tensor x =
      Tensor::FromValues<int16_t>({0, 1, 10, 11, 20, 21, 30, 31}, {4, 2});
  const Tensor y = Tensor::FromValues<uint8_t>({0, 1, 2, 3}, {4});
  const auto samples = FromTensors({{"", x}}, {{"", y}});
  ASSERT_TRUE(samples.ok()) << samples.status();
  for (std::vector<int64_t> wanted :
       {std::vector<int64_t>{0, 1, 2, 3}, std::vector<int64_t>{3, 2, 1, 0},
        std::vector<int64_t>{1, 2, 0, 1, 3}, std::vector<int64_t>{2, 2},
        std::vector<int64_t>{}}) {
    const std::vector<int64_t> rows = wanted;
    std::vector<int16_t> inputs(2 * rows.size());
    std::vector<uint8_t> targets(rows.size());
    ASSERT_TRUE((*samples)
                    ->ReadBatch(0, absl::MakeSpan(wanted),
                                {{reinterpret_cast<std::byte*>(inputs.data()),
                                  2 * inputs.size()},
                                 {reinterpret_cast<std::byte*>(targets.data()),
                                  targets.size()}})
                    .ok());
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(inputs[2 * i], 10 * rows[i]);
      EXPECT_EQ(inputs[2 * i + 1], 10 * rows[i] + 1);
      EXPECT_EQ(targets[i], rows[i]);
    }
  }
}

TEST(TensorSamplesTest, NothingIsCopied) {
  Tensor x = Tensor::FromValues<uint8_t>({1, 2}, {2});
  const auto samples = FromTensors({{"", x}}, {});
  ASSERT_TRUE(samples.ok()) << samples.status();
  x.mutable_values<uint8_t>()[1] = 7;
  std::byte read;
  ASSERT_TRUE((*samples)->Read(0, 1, {{&read, 1}}).ok());
  EXPECT_EQ(read, std::byte{7});
}

TEST(TensorSamplesTest, WhatMakesNoSamplesIsRefused) {
  const Tensor three = Tensor::Zeros({DType::kFloat32, {3, 2}});
  const Tensor four = Tensor::Zeros({DType::kFloat32, {4}});
  EXPECT_EQ(ErrorOf({}, {{"y", three}}),
            "there is no input: samples need at least one input tensor");
  EXPECT_EQ(ErrorOf({{"x", Tensor()}}, {}),
            "input \"x\" of shape () is a scalar; samples need a row each");
  EXPECT_EQ(ErrorOf({{"x", three}}, {{"", four}}),
            "input \"x\" of shape (3, 2) has 3 rows and target of shape (4,) "
            "has 4; give as many of each, one per sample");
}

}  // namespace
}  // namespace cairn
