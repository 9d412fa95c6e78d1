#include "core/model/functional.h"

#include <memory>
#include <vector>

#include "core/model/sequential.h"
#include "core/tensor/tensor.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

// Both ways of x through one layer: (f(f(x)), f(x)).
class Twice : public Functional {
 public:
  explicit Twice(std::shared_ptr<Layer> layer) {
    EXPECT_TRUE(AddChild("layer", layer).ok());
    calls_ = {{layer, {Source{-1, 0}}}, {layer, {Source{0, 0}}}};
    outputs_ = {Source{1, 0}, Source{0, 0}};
  }
  absl::string_view class_name() const override { return "Twice"; }
  Config GetConfig() const override { return Config::Object(); }
};

TEST(FunctionalTest, ALayerThatIsCalledTwiceHasItsWeightsOnce) {
  auto layer = std::make_shared<Dense>(DenseOptions{
      .units = 2, .use_bias = false, .kernel_initializer = "ones"});
  Twice model(layer);
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::vector<Tensor> outputs,
      model.Predict(Tensor::FromValues<float>({1, 2}, {1, 2}), {.verbose = 0}));
  ASSERT_EQ(outputs.size(), 2);
  ExpectClose(outputs[0], {6, 6});
  ExpectClose(outputs[1], {3, 3});
  EXPECT_EQ(model.weights().size(), 1);
  EXPECT_EQ(model.weights()[0].path, "dense/kernel");
}

TEST(FunctionalTest, TheTraceIsOnRecord) {
  Sequential model;
  EXPECT_TRUE(model.call_records().empty());
  const Layer& flatten = model.Add<Flatten>();
  const Layer& dense = model.Add<Dense>({.units = 4});
  ASSERT_TRUE(IsOk(model.EnsureBuilt({{DType::kUInt8, {kDynamic, 2, 3}}})));
  ASSERT_EQ(model.call_records().size(), 2);
  EXPECT_EQ(model.call_records()[0].layer, &flatten);
  EXPECT_EQ(model.call_records()[0].outputs,
            (std::vector<TensorSpec>{{DType::kFloat32, {kDynamic, 6}}}));
  EXPECT_EQ(model.call_records()[1].layer, &dense);
  EXPECT_EQ(model.call_records()[1].outputs,
            (std::vector<TensorSpec>{{DType::kFloat32, {kDynamic, 4}}}));
  EXPECT_EQ(model.input_specs(),
            (std::vector<TensorSpec>{{DType::kUInt8, {kDynamic, 2, 3}}}));
}

TEST(FunctionalTest, WholeNumbersAreTakenAsFloats) {
  Sequential model;
  model.Add<Dense>({.units = 1, .kernel_initializer = "ones"});
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::vector<Tensor> bytes,
      model.Predict(Tensor::FromValues<uint8_t>({200, 100}, {1, 2}),
                    {.verbose = 0}));
  ExpectClose(bytes[0], {300});
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::vector<Tensor> integers,
      model.Predict(Tensor::FromValues<int32_t>({-7, 2}, {1, 2}),
                    {.verbose = 0}));
  ExpectClose(integers[0], {-5});
}

}  // namespace
}  // namespace cairn
