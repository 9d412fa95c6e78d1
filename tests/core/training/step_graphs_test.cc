#include "core/training/step_graphs.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/model/functional.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

// Has a weight that no output depends on.
class Idle : public Layer {
 public:
  absl::string_view class_name() const override { return "Idle"; }
  Config GetConfig() const override { return Config::Object(); }

 protected:
  absl::Status Build(absl::Span<const TensorSpec>) override {
    return AddWeight({.name = "unused", .shape = {3}, .initializer = "ones"})
        .status();
  }
  Values Call(const CallContext&, absl::Span<const Value> inputs) override {
    return inputs[0];
  }
};

// Returns what its layer makes of the input twice.
class Fork : public Functional {
 public:
  Fork() {
    auto layer = std::make_shared<Dense>(DenseOptions{.units = 2});
    EXPECT_TRUE(AddChild("layer", layer).ok());
    calls_ = {{layer, {Source{-1, 0}}}};
    outputs_ = {Source{0, 0}, Source{0, 0}};
  }
  absl::string_view class_name() const override { return "Fork"; }
  Config GetConfig() const override { return Config::Object(); }
};

const Tensor& X() {
  static const Tensor* const x = new Tensor(Spread({8, 3}, -1, 1));
  return *x;
}

const Tensor& Y() {
  static const Tensor* const y = new Tensor(Spread({8, 2}, -1, 1));
  return *y;
}

TEST(StepGraphsTest, AWeightThatTheLossDoesNotDependOnStaysAsItIs) {
  Sequential model;
  model.Add(std::make_shared<Idle>());
  model.Add<Dense>({.units = 2});
  ASSERT_TRUE(IsOk(model.Compile({.optimizer = "adam", .loss = "mse"})));
  ASSERT_TRUE(IsOk(model.Fit(X(), Y(), {.epochs = 3, .verbose = 0})));
  ExpectClose(model.GetWeights()[0], {1, 1, 1}, 0);
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot snapshot,
                             model.TakeSnapshot({Part::kOptimizer}));
  const Tensor* const m = snapshot.FindTensor("m/idle/unused");
  ASSERT_NE(m, nullptr);
  ExpectClose(*m, {0, 0, 0}, 0);
}

TEST(StepGraphsTest, TwoOutputsAndOneTargetDoNotFit) {
  Fork model;
  ASSERT_TRUE(IsOk(model.Compile({.loss = "mse"})));
  EXPECT_TRUE(IsError(model.Fit(X(), Y(), {.verbose = 0}),
                      absl::StatusCode::kInvalidArgument,
                      {"2 outputs", "1 targets"}));
  EXPECT_TRUE(IsOk(model.Predict(X(), {.verbose = 0})));
}

TEST(StepGraphsTest, EachStepCountsAndDrawsOtherNumbers) {
  // Nothing is learned, so only what is dropped makes losses differ.
  Sequential frozen;
  frozen.Add<Dropout>({.rate = 0.5});
  frozen.Add<Dense>({.units = 2, .trainable = false});
  ASSERT_TRUE(IsOk(frozen.Compile({.optimizer = "sgd", .loss = "mse"})));
  const Arrays batch = {.inputs = {{"", X()}}, .targets = {{"", Y()}}};
  CAIRN_ASSERT_OK_AND_ASSIGN(const Logs first, frozen.TrainOnBatch(batch));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Logs second, frozen.TrainOnBatch(batch));
  EXPECT_NE(FindLog(first, "loss"), FindLog(second, "loss"));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot snapshot,
                             frozen.TakeSnapshot({Part::kOptimizer}));
  EXPECT_EQ(snapshot.FindTensor("iterations")->values<int64_t>()[0], 2);
}

TEST(StepGraphsTest, SlotsAreMadeOnceAndForWhatIsTrainable) {
  Sequential model;
  model.Add<Dense>({.units = 2});
  ASSERT_TRUE(IsOk(model.Compile({.optimizer = "adam", .loss = "mse"})));
  ASSERT_TRUE(IsOk(model.Fit(X(), Y(), {.verbose = 0})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot live,
                             model.TakeSnapshot({Part::kOptimizer}));
  const std::string before = BytesOf({*live.FindTensor("m/dense/kernel")});
  // Data of another type trace the step again.
  Tensor x = Tensor::Zeros({DType::kUInt8, {8, 3}});
  for (uint8_t& value : x.mutable_values<uint8_t>()) value = 1;
  ASSERT_TRUE(IsOk(model.Fit(x, Y(), {.verbose = 0})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot after,
                             model.TakeSnapshot({Part::kOptimizer}));
  EXPECT_EQ(after.FindTensor("m/dense/kernel")->bytes().data(),
            live.FindTensor("m/dense/kernel")->bytes().data());
  EXPECT_NE(BytesOf({*after.FindTensor("m/dense/kernel")}), before);
  EXPECT_EQ(after.FindTensor("iterations")->values<int64_t>()[0], 2);
}

}  // namespace
}  // namespace cairn
