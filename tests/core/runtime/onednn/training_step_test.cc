// The plans of whole training steps: none of their products and convolutions
// falls back to oneDNN's reference implementation.
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/max_pooling2d.h"

namespace cairn {
namespace {

void ExpectNoReference(Sequential& model, const Shape& image, int products,
                       int convolutions) {
  const absl::Status compiled = model.Compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  ASSERT_TRUE(compiled.ok()) << compiled;
  for (const int64_t rows : {128, 32, 7}) {
    const absl::StatusOr<std::string> text = model.DescribeTrainStep(
        {{BatchField::Use::kInput, "", {DType::kFloat32, image}},
         {BatchField::Use::kTarget, "", {DType::kUInt8, {}}}},
        rows);
    ASSERT_TRUE(text.ok()) << text.status();
    int matmul_count = 0, convolution_count = 0;
    for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
      matmul_count += absl::StrContains(line, ": matmul ");
      convolution_count += absl::StrContains(line, ": convolution ");
      EXPECT_FALSE(absl::StrContains(line, "ref")) << line;
    }
    EXPECT_EQ(matmul_count, products) << *text;
    EXPECT_EQ(convolution_count, convolutions) << *text;
  }
}

TEST(TrainingStepPlanTest, OfAnMlpUsesNoReferenceImplementation) {
  Sequential model;
  model.Add<Dense>({.units = 512, .activation = "relu"});
  model.Add<Dropout>({.rate = 0.2});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  // Two forward, two by the weights, one by the hidden units.
  ExpectNoReference(model, {784}, 5, 0);
}

TEST(TrainingStepPlanTest, OfACnnUsesNoReferenceImplementation) {
  Sequential model;
  model.Add<Conv2D>(
      {.filters = 32, .kernel_size = {3, 3}, .activation = "relu"});
  model.Add<MaxPooling2D>({});
  model.Add<Conv2D>(
      {.filters = 64, .kernel_size = {3, 3}, .activation = "relu"});
  model.Add<MaxPooling2D>({});
  model.Add<Flatten>({});
  model.Add<Dropout>({.rate = 0.5});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  ExpectNoReference(model, {28, 28, 1}, 3, 5);
}

}  // namespace
}  // namespace cairn
