#include "layers/dense.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/layer_contract.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_layers.h"

namespace cairn {
namespace {

LayerCase DenseCase(const DenseOptions& options) {
  LayerCase layer_case = CaseOf<Dense>(options, Spread({2, 3}, -2, 2), "dense");
  layer_case.weights = {"kernel", "bias"};
  layer_case.values = {Spread({3, 4}, -1, 1), Spread({4}, -1, 1)};
  return layer_case;
}

TEST(DenseTest, KeepsTheContractWithEachActivation) {
  ExpectClose(CheckLayer(DenseCase({.units = 4})), kDenseLinear);
  LayerCase relu = DenseCase({.units = 4, .activation = "relu"});
  // One of the sums is close to zero.
  relu.step = 1e-4;
  relu.tolerance = 2e-2;
  ExpectClose(CheckLayer(relu), kDenseRelu);
  ExpectClose(CheckLayer(DenseCase({.units = 4, .activation = "sigmoid"})),
              kDenseSigmoid);
  ExpectClose(CheckLayer(DenseCase({.units = 4, .activation = "tanh"})),
              kDenseTanh);
  ExpectClose(CheckLayer(DenseCase({.units = 4, .activation = "softmax"})),
              kDenseSoftmax);
}

TEST(DenseTest, WithoutABiasThereIsTheKernelAlone) {
  LayerCase layer_case = CaseOf<Dense>({.units = 2, .use_bias = false},
                                       Spread({2, 3}, -1, 1), "dense");
  layer_case.weights = {"kernel"};
  layer_case.values = {Tensor::FromValues<float>({1, 0, 0, 1, 1, 1}, {3, 2})};
  const Tensor y = CheckLayer(layer_case);
  const absl::Span<const float> x = layer_case.input.values<float>();
  ExpectClose(y, {x[0] + x[2], x[1] + x[2], x[3] + x[5], x[4] + x[5]});
}

TEST(DenseTest, TheLastAxisOfSequencesIsMultiplied) {
  LayerCase layer_case =
      CaseOf<Dense>({.units = 2}, Spread({2, 5, 3}, -2, 2), "dense");
  layer_case.weights = {"kernel", "bias"};
  layer_case.values = {Spread({3, 2}, -1, 1), Spread({2}, -1, 1)};
  const Tensor y = CheckLayer(layer_case);
  EXPECT_EQ(y.shape(), (Shape{2, 5, 2}));
  ExpectClose(y, kDenseOfSequence);
}

TEST(DenseTest, InitializersAreChosen) {
  Dense layer({.units = 2,
               .kernel_initializer = "ones",
               .bias_initializer = "random_normal"});
  ASSERT_TRUE(IsOk(layer.EnsureBuilt({{DType::kFloat32, {kDynamic, 2}}})));
  ExpectClose(layer.GetWeights()[0], {1, 1, 1, 1});
  EXPECT_NE(layer.GetWeights()[1].values<float>()[0], 0);
  Dense standard({.units = 2});
  ASSERT_TRUE(IsOk(standard.EnsureBuilt({{DType::kFloat32, {kDynamic, 2}}})));
  ExpectClose(standard.GetWeights()[1], {0, 0});
}

TEST(DenseTest, WhatCannotBeIsNamed) {
  Dense none({.units = 0, .name = "logits"});
  EXPECT_TRUE(IsError(ApplyLayer(none, Spread({2, 3}, 0, 1)),
                      absl::StatusCode::kInvalidArgument,
                      {"Dense \"logits\"", "units", "0"}));
  Dense layer({.units = 3});
  EXPECT_TRUE(IsError(ApplyLayer(layer, Spread({2}, 0, 1)),
                      absl::StatusCode::kInvalidArgument,
                      {"Dense \"dense\"", "last axis", "(None,)"}));
}

}  // namespace
}  // namespace cairn
