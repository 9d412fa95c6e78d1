#include "core/ops/cross_entropy.h"

#include <cmath>
#include <memory>

#include "core/graph/builder.h"
#include "core/graph/variable.h"
#include "core/ops/binary.h"
#include "core/ops/reduce.h"
#include "core/runtime/plan.h"
#include "core/transform/prepare_for_plan.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

constexpr char kSparse[] = "SparseSoftmaxCrossEntropyWithLogits";
constexpr char kDense[] = "SoftmaxCrossEntropyWithLogits";

TEST(CrossEntropyTest, TheLossIsTheLogarithmOfTheLabelsProbability) {
  const Tensor logits = Tensor::FromValues<float>({1, 2, 3, 0, 0, 0}, {2, 3});
  const float first =
      static_cast<float>(std::log(std::exp(1) + std::exp(2) + std::exp(3)) - 1);
  const float third = static_cast<float>(std::log(3.0));
  for (const Tensor& labels : {Tensor::FromValues<uint8_t>({0, 2}, {2}),
                               Tensor::FromValues<int32_t>({0, 2}, {2}),
                               Tensor::FromValues<int64_t>({0, 2}, {2})}) {
    ExpectClose(CheckOp({.op = kSparse,
                         .inputs = {logits, labels},
                         .batched = {0, 1},
                         .differentiate = {0}})[0],
                {first, third});
  }
  const Tensor one_hot = Tensor::FromValues<float>({1, 0, 0, 0, 0, 1}, {2, 3});
  ExpectClose(CheckOp({.op = kDense,
                       .inputs = {logits, one_hot},
                       .batched = {0, 1},
                       .differentiate = {0}})[0],
              {first, third});
}

TEST(CrossEntropyTest, LabelsMayBeProbabilities) {
  const Tensor labels =
      Tensor::FromValues<float>({0.2f, 0.3f, 0.5f, 0.1f, 0, 0.9f}, {2, 3});
  CheckOp({.op = kDense,
           .inputs = {Spread({2, 3}, -2, 2), labels},
           .batched = {0, 1},
           .differentiate = {0}});
}

TEST(CrossEntropyTest, ExtremeLogitsStayFinite) {
  const Tensor logits =
      Tensor::FromValues<float>({1000, -1000, 0, 1000}, {2, 2});
  const Tensor labels = Tensor::FromValues<uint8_t>({1, 1}, {2});
  ExpectClose(CheckOp({.op = kSparse, .inputs = {logits, labels}})[0],
              {2000, 0});
}

TEST(CrossEntropyTest, ANotANumberReachesTheLoss) {
  const Tensor logits = Tensor::FromValues<float>({NAN, 0, 1, 2}, {2, 2});
  const Tensor labels = Tensor::FromValues<uint8_t>({1, 1}, {2});
  const Tensor losses = CheckOp({.op = kSparse, .inputs = {logits, labels}})[0];
  EXPECT_TRUE(std::isnan(losses.values<float>()[0]));
  EXPECT_FALSE(std::isnan(losses.values<float>()[1]));
}

TEST(CrossEntropyTest, ManyRowsAreCutIntoTasks) {
  Tensor labels = Tensor::Zeros({DType::kUInt8, {3000}});
  for (int64_t i = 0; i < 3000; ++i) {
    labels.mutable_values<uint8_t>()[i] = static_cast<uint8_t>(i % 10);
  }
  const Tensor logits = Spread({3000, 10}, -3, 3);
  const Tensor losses = CheckOp({.op = kSparse, .inputs = {logits, labels}})[0];
  for (int64_t row = 0; row < 3000; ++row) {
    double sum = 0;
    for (int64_t c = 0; c < 10; ++c) {
      sum +=
          std::exp(static_cast<double>(logits.values<float>()[row * 10 + c]));
    }
    ASSERT_NEAR(losses.values<float>()[row],
                std::log(sum) - logits.values<float>()[row * 10 + row % 10],
                2e-6);
  }
}

TEST(CrossEntropyTest, ALabelThatIsNoClassIsNamedAndNothingChanges) {
  auto weight = std::make_shared<Variable>(
      "weight", TensorSpec{DType::kFloat32, {}}, /*trainable=*/true);
  GraphBuilder builder;
  const Value logits = builder.AddInput("x", {DType::kFloat32, {kDynamic, 3}});
  const Value labels = builder.AddInput("y", {DType::kInt64, {kDynamic}});
  const Value loss =
      ops::SumAll(ops::SparseSoftmaxCrossEntropy(logits, labels));
  builder.Update(weight, ops::Shift(builder.Read(weight), 1));
  const absl::StatusOr<Graph> graph = std::move(builder).Build({loss});
  ASSERT_TRUE(graph.ok()) << graph.status();
  absl::StatusOr<Graph> prepared = PrepareForPlan(*graph, {{4, 3}, {4}});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  const absl::StatusOr<std::unique_ptr<Plan>> plan =
      Plan::Compile(*std::move(prepared), nullptr);
  ASSERT_TRUE(plan.ok()) << plan.status();
  auto* given = reinterpret_cast<int64_t*>((*plan)->input(1).data());
  for (const int64_t wrong : {int64_t{3}, int64_t{-1}, int64_t{1} << 40}) {
    given[2] = wrong;
    const absl::Status status = (*plan)->Run();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    const std::string message(status.message());
    EXPECT_NE(message.find("label " + std::to_string(wrong) + " of sample 2"),
              std::string::npos)
        << message;
    EXPECT_NE(message.find("3 classes"), std::string::npos) << message;
    EXPECT_EQ(weight->value().values<float>()[0], 0);
  }
  given[2] = 2;
  EXPECT_TRUE((*plan)->Run().ok());
  EXPECT_EQ(weight->value().values<float>()[0], 1);
}

TEST(CrossEntropyTest, ShapesThatDoNotFitAreRefused) {
  EXPECT_NE(TraceError({.op = kSparse,
                        .inputs = {Spread({2, 3}, 0, 1),
                                   Tensor::FromValues<float>({0, 1}, {2})}})
                .find("integer labels (batch)"),
            std::string::npos);
  EXPECT_NE(
      TraceError({.op = kSparse,
                  .inputs = {Spread({2, 3}, 0, 1),
                             Tensor::FromValues<uint8_t>({0, 1, 2}, {3})}})
          .find("labels"),
      std::string::npos);
  EXPECT_NE(TraceError({.op = kDense,
                        .inputs = {Spread({2, 3}, 0, 1), Spread({2, 4}, 0, 1)}})
                .find("one shape"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn
