#include "layers/losses/sparse_categorical_crossentropy.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"
#include "tests/support/rule_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_losses.h"

namespace cairn {
namespace {

Tensor Matrix(const std::vector<float>& values) {
  return Tensor::FromValues(absl::MakeConstSpan(values), {2, 3});
}

const Tensor& Labels() {
  static const Tensor* const labels =
      new Tensor(Tensor::FromValues<int32_t>({1, 0}, {2}));
  return *labels;
}

const Tensor& Logits() {
  static const Tensor* const logits =
      new Tensor(Matrix({1, 2, 0.5f, -1, 0, 3}));
  return *logits;
}

void ExpectKeras(const absl::StatusOr<LossResult>& result,
                 const KerasLoss& expected) {
  ASSERT_TRUE(IsOk(result));
  ExpectClose(result->values, expected.values);
  ExpectClose(result->gradient, expected.gradient);
}

TEST(SparseCategoricalCrossentropyTest, IsKerass) {
  CheckRule<Loss>(
      SparseCategoricalCrossentropy({.from_logits = true}),
      {"SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"});
  const SparseCategoricalCrossentropy loss;
  ExpectKeras(RunLoss(loss, Labels(), Matrix({.2f, .7f, .1f, .5f, .3f, .2f})),
              kSparseProbabilities);
  ExpectKeras(RunLoss(SparseCategoricalCrossentropy({.from_logits = true}),
                      Labels(), Logits()),
              kSparseLogits);
  ExpectKeras(RunLoss(loss, Labels(), Matrix({.4f, 1.4f, .2f, .1f, .2f, .3f})),
              kSparseUnnormalized);
  ExpectKeras(RunLoss(loss, Labels(), Matrix({1, 0, 0, .5f, .5f, 0})),
              kSparseZero);
}

TEST(SparseCategoricalCrossentropyTest, ASoftmaxBeforeItIsJoined) {
  ExpectKeras(
      RunLossOfSoftmax(SparseCategoricalCrossentropy(), Labels(), Logits()),
      kSparseLogits);
  // By the probabilities the first would be cut off at 16.1.
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult huge,
      RunLossOfSoftmax(SparseCategoricalCrossentropy(), Labels(),
                       Matrix({1e4f, -1e4f, 0, 60, 0, 0})));
  ExpectClose(huge.values, {2e4f, 0});
  ExpectClose(huge.gradient, {0.5f, -0.5f, 0, 0, 0, 0});
}

TEST(SparseCategoricalCrossentropyTest, LabelsOfAnyTypeAreTaken) {
  const SparseCategoricalCrossentropy loss({.from_logits = true});
  for (const Tensor& labels : {Tensor::FromValues<uint8_t>({1, 0}, {2}),
                               Tensor::FromValues<int64_t>({1, 0}, {2}),
                               Tensor::FromValues<float>({1, 0}, {2}),
                               Tensor::FromValues<int32_t>({1, 0}, {2, 1})}) {
    SCOPED_TRACE(SpecToString(labels.spec()));
    ExpectKeras(RunLoss(loss, labels, Logits()), kSparseLogits);
  }
}

TEST(SparseCategoricalCrossentropyTest, EachStepOfASequenceHasALabel) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const LossResult result,
      RunLoss(SparseCategoricalCrossentropy({.from_logits = true}),
              Labels().Reshaped({1, 2}), Logits().Reshaped({1, 2, 3})));
  EXPECT_EQ(result.values.shape(), (Shape{1, 2}));
  ExpectClose(result.values, kSparseLogits.values);
  ExpectClose(result.gradient, kSparseLogits.gradient);
}

TEST(SparseCategoricalCrossentropyTest, ALabelThatIsNoClassIsNamed) {
  for (const int32_t label : {-1, 3, 1000000}) {
    for (const bool from_logits : {false, true}) {
      const SparseCategoricalCrossentropy loss({.from_logits = from_logits});
      EXPECT_TRUE(
          IsError(RunLoss(loss, Tensor::FromValues<int32_t>({1, label}, {2}),
                          Matrix({.2f, .7f, .1f, .5f, .3f, .2f})),
                  absl::StatusCode::kInvalidArgument,
                  {"label " + std::to_string(label), "sample 1", "3 classes"}));
    }
  }
}

TEST(SparseCategoricalCrossentropyTest, OtherShapesAreRefused) {
  for (const Shape& shape : {Shape{2, 3}, Shape{2, 1, 1}}) {
    EXPECT_TRUE(
        IsError(RunLoss(SparseCategoricalCrossentropy(),
                        Tensor::Zeros({DType::kInt32, shape}), Logits()),
                absl::StatusCode::kInvalidArgument,
                {"SparseCategoricalCrossentropy", "(None, 3)", "one label"}));
  }
}

}  // namespace
}  // namespace cairn
