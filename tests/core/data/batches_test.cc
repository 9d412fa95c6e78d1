#include "core/data/batches.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/core/data/numbered_samples.h"

namespace cairn {
namespace {

TEST(BatchesTest, HoldsWhatItWasMadeOf) {
  EXPECT_TRUE(Batches().empty());

  const auto samples = std::make_shared<NumberedSamples>(5);
  const std::unique_ptr<BatchSource> source = Batch(samples, 2);
  const Batches of_source(*source);
  EXPECT_FALSE(of_source.empty());
  EXPECT_EQ(of_source.source(), source.get());

  const Batches of_samples{SamplesPointer(samples)};
  EXPECT_FALSE(of_samples.empty());
  EXPECT_EQ(of_samples.source(), nullptr);
  EXPECT_EQ(*of_samples.samples(), samples);
}

TEST(BatchesTest, TensorsBecomeSamples) {
  const Tensor x = Tensor::Zeros({DType::kFloat32, {3, 2}});
  const Tensor y = Tensor::Zeros({DType::kInt32, {3}});
  const absl::StatusOr<SamplesPointer> alone = Batches(x).samples();
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_EQ((*alone)->fields().size(), 1);
  const absl::StatusOr<SamplesPointer> both = Batches(x, y).samples();
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ((*both)->size(), 3);
  ASSERT_EQ((*both)->fields().size(), 2);
  EXPECT_EQ((*both)->fields()[0].use, BatchField::Use::kInput);
  EXPECT_EQ((*both)->fields()[1].use, BatchField::Use::kTarget);
}

TEST(BatchesTest, TensorsThatDoNotFitAreRefused) {
  const Tensor x = Tensor::Zeros({DType::kFloat32, {3, 2}});
  const Tensor y = Tensor::Zeros({DType::kInt32, {4}});
  EXPECT_EQ(Batches(x, y).samples().status().code(),
            absl::StatusCode::kInvalidArgument);
  const Batches only_targets(Arrays{.targets = {{"y", y}}});
  EXPECT_FALSE(only_targets.empty());
  EXPECT_EQ(only_targets.samples().status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn
