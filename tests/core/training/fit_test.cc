#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/data/batches.h"
#include "core/model/sequential.h"
#include "core/training/trainer.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/losses/sparse_categorical_crossentropy.h"
#include "optimizers/adam.h"
#include "optimizers/rmsprop.h"
#include "optimizers/sgd.h"
#include "tests/support/hook_callback.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"
#include "tests/testdata/keras_training.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// The model and the data that make_keras_values.py uses.
struct Mlp {
  explicit Mlp(CompileOptions options, const char* activation = "softmax") {
    model.Add<Dense>({.units = 8, .activation = "relu"});
    model.Add<Dense>({.units = 3, .activation = activation});
    options.metrics = {"accuracy"};
    EXPECT_TRUE(IsOk(model.Compile(options)));
    EXPECT_TRUE(IsOk(model.EnsureBuilt({{DType::kFloat32, {kDynamic, 4}}})));
    EXPECT_TRUE(IsOk(
        model.SetWeights({Spread({4, 8}, -0.6, 0.6), Spread({8}, -0.2, 0.2),
                          Spread({8, 3}, -0.7, 0.7), Spread({3}, -0.1, 0.1)})));
    const Tensor numbers = Spread({23}, 0, 3);
    for (int64_t i = 0; i < 23; ++i) {
      y.mutable_values<int32_t>()[i] =
          static_cast<int32_t>(numbers.values<float>()[i]);
    }
  }
  Sequential model;
  Tensor x = Spread({23, 4}, -1, 1);
  Tensor y = Tensor::Zeros({DType::kInt32, {23}});
};

Tensor FirstRows(const Tensor& tensor, int64_t rows) {
  TensorSpec spec = tensor.spec();
  spec.shape[0] = rows;
  Tensor result = Tensor::Zeros(spec);
  const absl::Span<std::byte> to = result.mutable_bytes();
  std::copy_n(tensor.bytes().begin(), to.size(), to.begin());
  return result;
}

void ExpectSameHistory(const History& history, const KerasHistory& expected) {
  const auto compare = [&](const char* name,
                           const std::vector<double>& values) {
    SCOPED_TRACE(name);
    const std::vector<double>* const found = history.Find(name);
    if (values.empty()) {
      EXPECT_EQ(found, nullptr);
      return;
    }
    ASSERT_NE(found, nullptr);
    ASSERT_EQ(found->size(), values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_NEAR(found->at(i), values[i], 1e-5) << "epoch " << i;
    }
  };
  compare("loss", expected.loss);
  compare("accuracy", expected.accuracy);
  compare("val_loss", expected.val_loss);
  compare("val_accuracy", expected.val_accuracy);
}

void ExpectSameWeights(const Model& model, const KerasHistory& expected) {
  std::vector<float> weights;
  for (const Tensor& tensor : model.GetWeights()) {
    const absl::Span<const float> values = tensor.values<float>();
    weights.insert(weights.end(), values.begin(), values.end());
  }
  const auto size = static_cast<int64_t>(weights.size());
  ExpectClose(Tensor::FromValues(absl::MakeConstSpan(weights), {size}),
              expected.weights, 1e-5);
}

TEST(FitTest, LossesAreKerass) {
  Mlp mlp({.optimizer = Adam({.learning_rate = 0.05}),
           .loss = "sparse_categorical_crossentropy"});
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const History history,
      mlp.model.Fit(
          mlp.x, mlp.y,
          {.epochs = 3, .batch_size = 8, .shuffle = false, .verbose = 0}));
  ExpectSameHistory(history, kMlpAdam);
  ExpectSameWeights(mlp.model, kMlpAdam);
  EXPECT_EQ(history.epochs(), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(history.names(), (std::vector<std::string>{"loss", "accuracy"}));
}

TEST(FitTest, TheLastPartOfTheDataValidates) {
  Mlp mlp({.optimizer = SGD({.learning_rate = 0.1, .momentum = 0.9}),
           .loss = "sparse_categorical_crossentropy"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const History history,
                             mlp.model.Fit(mlp.x, mlp.y,
                                           {.epochs = 3,
                                            .batch_size = 8,
                                            .shuffle = false,
                                            .validation_split = 0.3,
                                            .verbose = 0}));
  ExpectSameHistory(history, kMlpSplit);
  ExpectSameWeights(mlp.model, kMlpSplit);
}

TEST(FitTest, OtherDataValidate) {
  Mlp mlp({.optimizer = RMSprop({.learning_rate = 0.01}),
           .loss = SparseCategoricalCrossentropy({.from_logits = true})},
          "linear");
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const History history,
      mlp.model.Fit(
          mlp.x, mlp.y,
          {.epochs = 3,
           .batch_size = 8,
           .shuffle = false,
           .validation_data = Batches(FirstRows(mlp.x, 5), FirstRows(mlp.y, 5)),
           .verbose = 0}));
  ExpectSameHistory(history, kMlpValidation);
  ExpectSameWeights(mlp.model, kMlpValidation);
  EXPECT_EQ(history.names(),
            (std::vector<std::string>{"loss", "accuracy", "val_loss",
                                      "val_accuracy"}));
}

TEST(FitTest, HooksComeInKerassOrder) {
  Mlp mlp({.loss = "sparse_categorical_crossentropy"});
  HookCallback recorder;
  ASSERT_TRUE(IsOk(mlp.model.Fit(
      mlp.x, mlp.y,
      {.epochs = 2,
       .batch_size = 8,
       .validation_data = Batches(FirstRows(mlp.x, 5), FirstRows(mlp.y, 5)),
       .verbose = 0,
       .callbacks = {&recorder}})));
  EXPECT_EQ(recorder.calls(),
            std::vector<std::string>(kFitHooks.begin(), kFitHooks.end()));
}

TEST(FitTest, ASessionSaysWhereItIs) {
  Mlp mlp({.optimizer = SGD({.learning_rate = 0.25}),
           .loss = "sparse_categorical_crossentropy"});
  std::string seen;
  HookCallback reader(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_epoch_begin" || hook == "on_train_batch_end" ||
            hook == "on_epoch_end") {
          absl::StrAppend(&seen, hook.substr(3, 1), session.epoch(), ".",
                          session.step(), " ");
        }
        EXPECT_EQ(session.epochs(), 3);
        EXPECT_EQ(session.learning_rate(), 0.25f);
        EXPECT_TRUE(IsOk(session.status()));
        EXPECT_FALSE(session.stop_requested());
        return absl::OkStatus();
      });
  ASSERT_TRUE(IsOk(mlp.model.Fit(mlp.x, mlp.y,
                                 {.epochs = 3,
                                  .initial_epoch = 1,
                                  .batch_size = 12,
                                  .verbose = 0,
                                  .callbacks = {&reader}})));
  EXPECT_EQ(seen, "e1.0 t1.1 t1.2 e1.2 e2.2 t2.3 t2.4 e2.4 ");
}

TEST(FitTest, LogsOfAnEpochIncludeTheValidation) {
  Mlp mlp({.loss = "sparse_categorical_crossentropy"});
  std::vector<Logs> epochs, batches;
  HookCallback reader(
      [&](const std::string& hook, TrainingSession&, const Logs& logs) {
        if (hook == "on_epoch_end") epochs.push_back(logs);
        if (hook == "on_train_batch_end") batches.push_back(logs);
        return absl::OkStatus();
      });
  CAIRN_ASSERT_OK_AND_ASSIGN(const History history,
                             mlp.model.Fit(mlp.x, mlp.y,
                                           {.epochs = 2,
                                            .validation_split = 0.3,
                                            .verbose = 0,
                                            .callbacks = {&reader}}));
  ASSERT_EQ(epochs.size(), 2);
  for (const std::string& name : history.names()) {
    EXPECT_EQ(FindLog(epochs[1], name), history.Find(name)->at(1)) << name;
  }
  EXPECT_EQ(epochs[0].size(), 4);
  ASSERT_EQ(batches.size(), 2);
  EXPECT_EQ(batches[0].size(), 2);
  EXPECT_EQ(FindLog(batches[0], "loss"), FindLog(epochs[0], "loss"));
}

TEST(FitTest, AnEpochToBeginWithLeavesOutThoseBefore) {
  Mlp one({.loss = "sparse_categorical_crossentropy"});
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const History history,
      one.model.Fit(one.x, one.y,
                    {.epochs = 5, .initial_epoch = 3, .verbose = 0}));
  EXPECT_EQ(history.epochs(), (std::vector<int64_t>{3, 4}));
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const History none,
      one.model.Fit(one.x, one.y,
                    {.epochs = 3, .initial_epoch = 3, .verbose = 0}));
  EXPECT_TRUE(none.epochs().empty());
}

TEST(FitTest, AnErrorOfAHookEndsTheRunAndTheEndIsStillCalled) {
  for (const char* hook :
       {"on_train_begin", "on_epoch_begin", "on_train_batch_begin",
        "on_train_batch_end", "on_test_begin", "on_test_batch_begin",
        "on_test_batch_end", "on_test_end", "on_epoch_end", "on_train_end"}) {
    SCOPED_TRACE(hook);
    Mlp mlp({.loss = "sparse_categorical_crossentropy"});
    absl::Status at_the_end;
    HookCallback other(
        [&](const std::string& called, TrainingSession& session, const Logs&) {
          if (called == "on_train_end") at_the_end = session.status();
          return absl::OkStatus();
        });
    HookCallback faulty([&](const std::string& called, TrainingSession&,
                            const Logs&) {
      return called == hook ? absl::AbortedError("fault") : absl::OkStatus();
    });
    EXPECT_TRUE(IsError(mlp.model.Fit(mlp.x, mlp.y,
                                      {.epochs = 2,
                                       .validation_split = 0.3,
                                       .verbose = 0,
                                       .callbacks = {&faulty, &other}}),
                        absl::StatusCode::kAborted, {"fault"}));
    EXPECT_EQ(faulty.calls().back(), "on_train_end");
    EXPECT_EQ(other.calls().back(), "on_train_end");
    EXPECT_EQ(at_the_end.message(), "fault");
    EXPECT_TRUE(IsOk(mlp.model.Fit(mlp.x, mlp.y, {.verbose = 0})))
        << "a new run works";
  }
}

TEST(FitTest, TheFirstOfTwoErrorsCounts) {
  Mlp mlp({.loss = "sparse_categorical_crossentropy"});
  HookCallback faulty(
      [&](const std::string& hook, TrainingSession&, const Logs&) {
        if (hook == "on_epoch_end") return absl::AbortedError("first");
        if (hook == "on_train_end") return absl::AbortedError("second");
        return absl::OkStatus();
      });
  EXPECT_TRUE(IsError(
      mlp.model.Fit(mlp.x, mlp.y, {.verbose = 0, .callbacks = {&faulty}}),
      absl::StatusCode::kAborted, {"first"}));
}

TEST(FitTest, AStopEndsTheRunAfterTheStep) {
  Mlp mlp({.loss = "sparse_categorical_crossentropy"});
  HookCallback stopper(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end" && session.step() == 4) {
          session.RequestStop();
        }
        return absl::OkStatus();
      });
  CAIRN_ASSERT_OK_AND_ASSIGN(const History history,
                             mlp.model.Fit(mlp.x, mlp.y,
                                           {.epochs = 3,
                                            .batch_size = 8,
                                            .verbose = 0,
                                            .callbacks = {&stopper}}));
  EXPECT_EQ(history.epochs(), (std::vector<int64_t>{0}));
  EXPECT_EQ(std::count(stopper.calls().begin(), stopper.calls().end(),
                       "on_train_batch_end"),
            4);
  EXPECT_EQ(stopper.calls().back(), "on_train_end");
}

TEST(FitTest, AStopAtTheEndOfAnEpochLeavesItWhole) {
  Mlp mlp({.loss = "sparse_categorical_crossentropy"});
  HookCallback stopper(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_epoch_end") session.RequestStop();
        return absl::OkStatus();
      });
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const History history,
      mlp.model.Fit(mlp.x, mlp.y,
                    {.epochs = 3, .verbose = 0, .callbacks = {&stopper}}));
  EXPECT_EQ(history.epochs(), (std::vector<int64_t>{0}));
}

TEST(FitTest, ALossThatIsNotANumberIsSaidOnceWithTheStep) {
  Sequential model;
  model.Add<Dense>({.units = 2});
  ASSERT_TRUE(IsOk(model.Compile({.loss = "mse"})));
  Tensor x = Spread({23, 4}, -1, 1);
  x.mutable_values<float>()[4 * 9] = std::numeric_limits<float>::quiet_NaN();
  testing::internal::CaptureStderr();
  const absl::StatusOr<History> history =
      model.Fit(x, Spread({23, 2}, -1, 1),
                {.epochs = 2, .batch_size = 8, .shuffle = false, .verbose = 0});
  const std::string text = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(IsOk(history));
  EXPECT_TRUE(std::isnan(history->Find("loss")->at(0)));
  const size_t first = text.find("the loss is not a finite number at step 2");
  ASSERT_NE(first, std::string::npos) << text;
  EXPECT_EQ(text.find("finite", first + 40), std::string::npos) << text;
}

TEST(FitTest, PlainLinesHaveOnePerEpoch) {
  Mlp mlp({.loss = "sparse_categorical_crossentropy"});
  testing::internal::CaptureStdout();
  const absl::StatusOr<History> history =
      mlp.model.Fit(mlp.x, mlp.y, {.epochs = 2, .batch_size = 8, .verbose = 2});
  const std::string text = testing::internal::GetCapturedStdout();
  ASSERT_TRUE(IsOk(history));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_EQ(text.rfind("Epoch 1/2 - 3/3 - 0s ", 0), 0) << text;
  const std::string loss = absl::StrCat(
      " - loss: ", std::to_string(history->Find("loss")->at(1)).substr(0, 5));
  EXPECT_NE(text.find(loss, text.find("Epoch 2/2 - 3/3 - ")), std::string::npos)
      << text;
}

TEST(FitTest, SilenceIsSilent) {
  Mlp mlp({.loss = "sparse_categorical_crossentropy"});
  testing::internal::CaptureStdout();
  const absl::StatusOr<History> history =
      mlp.model.Fit(mlp.x, mlp.y, {.validation_split = 0.3, .verbose = 0});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  ASSERT_TRUE(IsOk(history));
}

TEST(FitTest, TheSeedDecidesTheOrderOfTheData) {
  const auto train = [](std::optional<uint64_t> seed, bool shuffle) {
    Mlp mlp({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
    EXPECT_TRUE(IsOk(mlp.model.Fit(mlp.x, mlp.y,
                                   {.epochs = 2,
                                    .batch_size = 8,
                                    .shuffle = shuffle,
                                    .verbose = 0,
                                    .seed = seed})));
    return BytesOf(mlp.model.GetWeights());
  };
  EXPECT_EQ(train(7, true), train(7, true));
  EXPECT_NE(train(7, true), train(8, true));
  EXPECT_EQ(train(7, false), train(8, false));
}

TEST(FitTest, TheSeedOfARunIsNotThatOfFirstValues) {
  const auto first_values = [](std::optional<uint64_t> seed) {
    Sequential model;
    model.Add<Dense>({.units = 2});
    EXPECT_TRUE(IsOk(model.set_seed(3)));
    EXPECT_TRUE(IsOk(model.Compile({.loss = "mse"})));
    std::string weights;
    HookCallback callback(
        [&](const std::string& hook, TrainingSession&, const Logs&) {
          if (hook == "on_train_begin") weights = BytesOf(model.GetWeights());
          return absl::OkStatus();
        });
    EXPECT_TRUE(IsOk(
        model.Fit(Spread({4, 3}, 0, 1), Spread({4, 2}, 0, 1),
                  {.verbose = 0, .seed = seed, .callbacks = {&callback}})));
    return weights;
  };
  EXPECT_EQ(first_values(7), first_values(std::nullopt));
}

TEST(FitTest, TwoThreadsGiveTheBitsOfOne) {
  std::vector<std::string> weights;
  for (const int threads : {1, 2}) {
    Mlp mlp({.optimizer = "adam",
             .loss = "sparse_categorical_crossentropy",
             .threads = threads});
    ASSERT_TRUE(IsOk(mlp.model.Fit(
        mlp.x, mlp.y, {.epochs = 3, .batch_size = 8, .verbose = 0})));
    weights.push_back(BytesOf(mlp.model.GetWeights()));
  }
  EXPECT_EQ(weights[0], weights[1]);
}

TEST(FitTest, ASourceOfBatchesIsTrainedOnAsItComes) {
  Mlp one({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  Mlp other({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const SamplesPointer samples,
                             Batches(one.x, one.y).samples());
  const std::unique_ptr<BatchSource> source = Batch(samples, 8);
  ASSERT_TRUE(IsOk(one.model.Fit(
      Batches(*source), {.epochs = 2, .batch_size = 3, .verbose = 0})));
  ASSERT_TRUE(IsOk(other.model.Fit(
      other.x, other.y,
      {.epochs = 2, .batch_size = 8, .shuffle = false, .verbose = 0})));
  EXPECT_EQ(BytesOf(one.model.GetWeights()), BytesOf(other.model.GetWeights()));
}

TEST(FitTest, OptionsThatMakeNoSenseAreNamed) {
  Mlp mlp({.loss = "sparse_categorical_crossentropy"});
  const auto fit = [&](const FitOptions& options) {
    return mlp.model.Fit(mlp.x, mlp.y, options).status();
  };
  EXPECT_TRUE(
      IsError(fit({.initial_epoch = -1}), kInvalid, {"initial_epoch", "-1"}));
  EXPECT_TRUE(IsError(fit({.batch_size = 0}), kInvalid, {"batch_size", "0"}));
  for (const double split : {-0.5, 1.0, std::nan("")}) {
    EXPECT_TRUE(IsError(fit({.validation_split = split}), kInvalid,
                        {"validation_split", "[0, 1)"}));
  }
  EXPECT_TRUE(IsError(fit({.validation_split = 0.99}), kInvalid,
                      {"validation_split", "0.99", "23 samples", "empty"}));
  EXPECT_TRUE(IsError(
      fit({.validation_data = Batches(mlp.x, mlp.y), .validation_split = 0.5}),
      kInvalid, {"validation_data", "not both"}));
  EXPECT_TRUE(
      IsError(fit({.callbacks = {nullptr}}), kInvalid, {"callback", "null"}));
  CAIRN_ASSERT_OK_AND_ASSIGN(const SamplesPointer samples,
                             Batches(mlp.x, mlp.y).samples());
  const std::unique_ptr<BatchSource> source = Batch(samples, 8);
  EXPECT_TRUE(
      IsError(mlp.model.Fit(Batches(*source), {.validation_split = 0.5}),
              kInvalid, {"validation_split", "BatchSource"}));
}

TEST(FitTest, ValidationDataThatDoNotFitAreRefusedBeforeTheFirstStep) {
  Mlp mlp({.loss = "sparse_categorical_crossentropy"});
  HookCallback recorder;
  const auto fit = [&](const Batches& validation) {
    return mlp.model.Fit(mlp.x, mlp.y,
                         {.validation_data = validation,
                          .verbose = 0,
                          .callbacks = {&recorder}});
  };
  EXPECT_TRUE(IsError(fit(Batches(mlp.x)), kInvalid,
                      {"validation_data", "input float32 (4,)", "target"}));
  EXPECT_TRUE(IsError(fit(Batches(Spread({5, 6}, 0, 1), FirstRows(mlp.y, 5))),
                      kInvalid, {"validation_data", "(6,)", "(4,)"}));
  EXPECT_TRUE(IsError(fit(Batches(mlp.x, FirstRows(mlp.y, 5))), kInvalid,
                      {"validation_data", "23", "5"}));
  EXPECT_TRUE(recorder.calls().empty());
}

TEST(FitTest, ACallbackMayEvaluateOnlyDataLikeThoseOfTheRun) {
  Mlp mlp({.loss = "sparse_categorical_crossentropy"});
  const Tensor bytes = Tensor::Zeros({DType::kUInt8, {4, 4}});
  HookCallback callback([&](const std::string& hook, TrainingSession&,
                            const Logs&) -> absl::Status {
    if (hook != "on_train_batch_end") return absl::OkStatus();
    EXPECT_TRUE(IsOk(mlp.model.Predict(mlp.x, {.verbose = 0})));
    EXPECT_TRUE(IsError(mlp.model.Predict(bytes, {.verbose = 0}),
                        absl::StatusCode::kFailedPrecondition, {"Fit()"}));
    EXPECT_TRUE(IsError(mlp.model.Fit(mlp.x, mlp.y),
                        absl::StatusCode::kFailedPrecondition, {"Fit()"}));
    return absl::OkStatus();
  });
  ASSERT_TRUE(IsOk(
      mlp.model.Fit(mlp.x, mlp.y, {.verbose = 0, .callbacks = {&callback}})));
  EXPECT_TRUE(IsOk(mlp.model.Predict(bytes, {.verbose = 0})));
}

}  // namespace
}  // namespace cairn
