#include "core/training/trainer.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/data/batches.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "tests/support/hook_callback.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_training.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::vector<std::string> Strings(const std::vector<const char*>& list) {
  return {list.begin(), list.end()};
}

struct Fixture {
  Fixture() {
    model.Add<Dense>({.units = 2});
    EXPECT_TRUE(IsOk(model.Compile(
        {.optimizer = "sgd", .loss = "mse", .metrics = {"accuracy"}})));
  }
  Sequential model;
  const Tensor x = Spread({23, 4}, -1, 1), y = Spread({23, 2}, -1, 1);
};

TEST(TrainerTest, HooksOfAnEvaluationComeInKerassOrder) {
  Fixture f;
  HookCallback recorder;
  ASSERT_TRUE(IsOk(f.model.Evaluate(
      f.x, f.y, {.batch_size = 8, .verbose = 0, .callbacks = {&recorder}})));
  EXPECT_EQ(recorder.calls(), Strings(kEvaluateHooks));
}

TEST(TrainerTest, HooksOfAPredictionComeInKerassOrder) {
  Fixture f;
  HookCallback recorder;
  ASSERT_TRUE(IsOk(f.model.Predict(
      f.x, {.batch_size = 8, .verbose = 0, .callbacks = {&recorder}})));
  EXPECT_EQ(recorder.calls(), Strings(kPredictHooks));
}

TEST(TrainerTest, AnErrorOfAHookEndsAnEvaluationOrAPrediction) {
  for (const char* hook :
       {"on_test_begin", "on_test_batch_begin", "on_test_batch_end",
        "on_test_end", "on_predict_begin", "on_predict_batch_begin",
        "on_predict_batch_end", "on_predict_end"}) {
    SCOPED_TRACE(hook);
    Fixture f;
    HookCallback faulty([&](const std::string& called, TrainingSession&,
                            const Logs&) {
      return called == hook ? absl::AbortedError("fault") : absl::OkStatus();
    });
    const EvaluateOptions options = {.verbose = 0, .callbacks = {&faulty}};
    const bool test = std::string(hook).find("test") != std::string::npos;
    EXPECT_TRUE(IsError(test ? f.model.Evaluate(f.x, f.y, options).status()
                             : f.model.Predict(f.x, options).status(),
                        absl::StatusCode::kAborted, {"fault"}));
    EXPECT_EQ(faulty.calls().back(), test ? "on_test_end" : "on_predict_end")
        << "what was begun is ended";
    const auto& calls = faulty.calls();
    EXPECT_EQ(std::count(calls.begin(), calls.end(), calls.back()), 1);
  }
}

TEST(TrainerTest, AnEvaluationWeighsTheShortBatchByItsSize) {
  Fixture f;
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const Logs whole,
      f.model.Evaluate(f.x, f.y, {.batch_size = 23, .verbose = 0}));
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const Logs pieces,
      f.model.Evaluate(f.x, f.y, {.batch_size = 8, .verbose = 0}));
  ASSERT_EQ(whole.size(), 2);
  EXPECT_EQ(whole[0].first, "loss");
  EXPECT_EQ(whole[1].first, "accuracy");
  EXPECT_NEAR(pieces[0].second, whole[0].second, 1e-6);
  EXPECT_NEAR(pieces[1].second, whole[1].second, 1e-6);
}

TEST(TrainerTest, AnEvaluationChangesNothing) {
  Fixture f;
  ASSERT_TRUE(IsOk(f.model.Fit(f.x, f.y, {.verbose = 0})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot live,
                             f.model.TakeSnapshot(AllParts()));
  const std::string before = DescribeSnapshot(live);
  ASSERT_TRUE(IsOk(f.model.Evaluate(f.x, f.y, {.verbose = 0})));
  ASSERT_TRUE(IsOk(f.model.Predict(f.x, {.verbose = 0})));
  EXPECT_EQ(DescribeSnapshot(live), before);
}

TEST(TrainerTest, EachMetricReportsUnderTheNameItWasGiven) {
  Sequential model;
  model.Add<Dense>({.units = 2});
  ASSERT_TRUE(IsOk(model.Compile({.loss = "mse", .metrics = {"acc"}})));
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const Logs logs, model.Evaluate(Spread({4, 3}, 0, 1),
                                      Spread({4, 2}, 0, 1), {.verbose = 0}));
  ASSERT_EQ(logs.size(), 2);
  EXPECT_EQ(logs[1].first, "acc");
}

TEST(TrainerTest, APredictionPrintsALineWithoutLogs) {
  Fixture f;
  testing::internal::CaptureStdout();
  const auto predicted = f.model.Predict(f.x, {.batch_size = 8, .verbose = 1});
  const std::string text = testing::internal::GetCapturedStdout();
  ASSERT_TRUE(IsOk(predicted));
  EXPECT_NE(text.find("3/3 [==============================] - "),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("loss"), std::string::npos) << text;
  EXPECT_EQ(text.substr(text.size() - 6), "/step\n");
}

TEST(TrainerTest, OptionsOfAnEvaluationAreChecked) {
  Fixture f;
  EXPECT_TRUE(IsError(f.model.Evaluate(f.x, f.y, {.batch_size = 0}), kInvalid,
                      {"batch_size", "0"}));
  EXPECT_TRUE(IsError(f.model.Predict(f.x, {.batch_size = -1}), kInvalid,
                      {"batch_size", "-1"}));
  HookCallback* const none = nullptr;
  EXPECT_TRUE(
      IsError(f.model.Evaluate(f.x, f.y, {.verbose = 0, .callbacks = {none}}),
              kInvalid, {"callback", "null"}));
  EXPECT_TRUE(IsError(f.model.Predict(f.x, {.verbose = 0, .callbacks = {none}}),
                      kInvalid, {"callback", "null"}));
}

TEST(TrainerTest, TheStepIsDescribedWithoutRunningOne) {
  Fixture f;
  ASSERT_TRUE(IsOk(f.model.Predict(f.x, {.verbose = 0})));
  const std::string before = BytesOf(f.model.GetWeights());
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::string text,
      f.model.DescribeTrainStep(
          {{.spec = {DType::kFloat32, {4}}},
           {.use = BatchField::Use::kTarget, .spec = {DType::kFloat32, {2}}}},
          8));
  EXPECT_NE(text.find("MatMul"), std::string::npos) << text;
  EXPECT_EQ(BytesOf(f.model.GetWeights()), before);
}

}  // namespace
}  // namespace cairn
