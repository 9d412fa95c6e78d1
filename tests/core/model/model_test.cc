#include "core/model/model.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/model/sequential.h"
#include "core/tensor/tensor.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/losses/mean_squared_error.h"
#include "optimizers/adam.h"
#include "optimizers/sgd.h"
#include "tests/support/op_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

std::string BytesOf(const std::vector<Tensor>& tensors) {
  std::string bytes;
  for (const Tensor& tensor : tensors) {
    bytes.append(reinterpret_cast<const char*>(tensor.bytes().data()),
                 tensor.bytes().size());
  }
  return bytes;
}

std::unique_ptr<Sequential> MakeModel() {
  auto model = std::make_unique<Sequential>("m");
  model->Add<Dense>({.units = 4, .activation = "relu"});
  model->Add<Dense>({.units = 3, .activation = "softmax"});
  return model;
}

const Tensor& Inputs() {
  static const Tensor* const x = new Tensor(Spread({10, 5}, -1, 1));
  return *x;
}

const Tensor& Labels() {
  static const Tensor* const y = new Tensor(
      Tensor::FromValues<int32_t>({0, 1, 2, 0, 1, 2, 0, 1, 2, 0}, {10}));
  return *y;
}

absl::Status CompileForLabels(Model& model) {
  return model.Compile({.optimizer = "sgd",
                        .loss = "sparse_categorical_crossentropy",
                        .metrics = {"accuracy"}});
}

TEST(ModelTest, TrainingNeedsCompile) {
  const auto model = MakeModel();
  for (const auto& [name, status] :
       std::vector<std::pair<std::string, absl::Status>>{
           {"Fit", model->Fit(Inputs(), Labels(), {.verbose = 0}).status()},
           {"Evaluate",
            model->Evaluate(Inputs(), Labels(), {.verbose = 0}).status()},
           {"TrainOnBatch", model
                                ->TrainOnBatch({.inputs = {{"", Inputs()}},
                           .targets = {{"", Labels()}}})
                                .status()}}) {
    EXPECT_TRUE(IsError(status, kPrecondition, {name, "Compile()"}));
  }
  ASSERT_TRUE(IsOk(model->Predict(Inputs(), {.verbose = 0})));
  EXPECT_TRUE(IsError(model->Fit(Inputs(), Labels(), {.verbose = 0}),
                      kPrecondition, {"Compile()"}))
      << "a prediction does not compile";
}

TEST(ModelTest, SavingNeedsWeights) {
  const auto model = MakeModel();
  EXPECT_TRUE(
      IsError(model->TakeSnapshot({}), kPrecondition, {"no weights yet"}));
  EXPECT_TRUE(IsError(model->Restore({}), kPrecondition, {"no weights yet"}));
  EXPECT_TRUE(IsError(model->SetWeights({}), kPrecondition,
                      {"no weights yet", "EnsureBuilt()"}));
}

TEST(ModelTest, UnknownNamesAreListedWithTheNearOnes) {
  const auto model = MakeModel();
  EXPECT_TRUE(
      IsError(model->Compile({.optimizer = "adma", .loss = "mse"}), kInvalid,
              {"optimizer \"adma\"", "did you mean \"Adam\" or \"adam\"?",
               "rmsprop", "sgd"}));
  EXPECT_TRUE(IsError(model->Compile({.loss = "mean_square_error"}), kInvalid,
                      {"loss", "did you mean", "or \"mean_squared_error\"?",
                       "categorical_crossentropy"}));
  EXPECT_TRUE(IsError(model->Compile({.loss = "mse", .metrics = {"acuracy"}}),
                      kInvalid, {"metric", "did you mean", "\"accuracy\""}));
  Sequential other;
  other.Add<Dense>({.units = 2, .activation = "rellu"});
  EXPECT_TRUE(IsError(
      other.Predict(Inputs(), {.verbose = 0}), kInvalid,
      {"activation \"rellu\"", "did you mean", "\"relu\"?", "softmax"}));
  Sequential third;
  third.Add<Dense>({.units = 2, .kernel_initializer = "glorot"});
  EXPECT_TRUE(IsError(third.Predict(Inputs(), {.verbose = 0}), kInvalid,
                      {"initializer \"glorot\"", "glorot_uniform"}));
}

TEST(ModelTest, NamesAndObjectsSayTheSame) {
  std::vector<std::string> weights;
  const std::vector<CompileOptions> both = {
      {.optimizer = "adam", .loss = "mse"},
      {.optimizer = Adam(), .loss = MeanSquaredError()}};
  for (const CompileOptions& options : both) {
    const auto model = MakeModel();
    ASSERT_TRUE(IsOk(model->Compile(options)));
    ASSERT_TRUE(IsOk(model->Fit(Inputs(), Spread({10, 3}, 0, 1),
                                {.epochs = 2, .verbose = 0})));
    weights.push_back(BytesOf(model->GetWeights()));
  }
  EXPECT_EQ(weights[0], weights[1]);
}

TEST(ModelTest, FaultsOfCompileAreNamed) {
  const auto model = MakeModel();
  EXPECT_TRUE(IsError(model->Compile({}), kInvalid, {"loss"}));
  EXPECT_TRUE(IsError(model->Compile({.loss = "mse", .threads = -1}), kInvalid,
                      {"threads", "-1"}));
  EXPECT_TRUE(IsError(
      model->Compile({.loss = "mse", .metrics = {"accuracy", "accuracy"}}),
      kInvalid, {"two metrics", "\"accuracy\""}));
}

TEST(ModelTest, AFailedCompileLeavesTheOldOne) {
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(CompileForLabels(*model)));
  EXPECT_FALSE(model->Compile({.optimizer = "adma", .loss = "mse"}).ok());
  EXPECT_TRUE(IsOk(model->Fit(Inputs(), Labels(), {.verbose = 0})));
}

TEST(ModelTest, TargetsThatDoNotFitAreNamed) {
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(CompileForLabels(*model)));
  EXPECT_TRUE(IsError(
      model->Fit(Inputs(), Spread({10, 3}, 0, 1), {.verbose = 0}), kInvalid,
      {"SparseCategoricalCrossentropy", "(None, 3)", "one label"}));
  EXPECT_TRUE(IsError(model->Fit(Batches(Inputs()), {.verbose = 0}), kInvalid,
                      {"no targets"}));
  ASSERT_TRUE(IsOk(model->Compile({.loss = "mse"})));
  EXPECT_TRUE(
      IsError(model->Evaluate(Inputs(), Spread({10, 4}, 0, 1), {.verbose = 0}),
              kInvalid, {"MeanSquaredError", "(None, 4)", "(None, 3)"}));
  EXPECT_TRUE(
      IsError(model->Fit(Inputs(), Spread({9, 3}, 0, 1), {.verbose = 0}),
              kInvalid, {"10", "9"}));
}

TEST(ModelTest, ALabelThatIsNoClassIsNamedAndTheWeightsStay) {
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(CompileForLabels(*model)));
  ASSERT_TRUE(IsOk(model->Predict(Inputs(), {.verbose = 0})));
  const std::string before = BytesOf(model->GetWeights());
  Tensor labels = Labels().Clone();
  labels.mutable_values<int32_t>()[7] = 3;
  EXPECT_TRUE(
      IsError(model->Fit(Inputs(), labels, {.shuffle = false, .verbose = 0}),
              kInvalid, {"label 3", "sample 7", "3 classes"}));
  EXPECT_TRUE(IsError(model->Evaluate(Inputs(), labels, {.verbose = 0}),
                      kInvalid, {"label 3"}));
  EXPECT_EQ(BytesOf(model->GetWeights()), before);
  labels.mutable_values<int32_t>()[7] = -1;
  EXPECT_TRUE(IsError(model->Fit(Inputs(), labels, {.verbose = 0}), kInvalid,
                      {"label -1"}));
}

TEST(ModelTest, PredictionNeedsNoTargetsAfterTraining) {
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(CompileForLabels(*model)));
  ASSERT_TRUE(IsOk(model->Fit(Inputs(), Labels(), {.verbose = 0})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> alone,
                             model->Predict(Inputs(), {.verbose = 0}));
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::vector<Tensor> with_targets,
      model->Predict(Batches(Inputs(), Labels()), {.verbose = 0}));
  EXPECT_EQ(BytesOf(alone), BytesOf(with_targets));
  ASSERT_EQ(alone.size(), 1);
  EXPECT_EQ(alone[0].shape(), (Shape{10, 3}));
  EXPECT_TRUE(IsOk(model->Fit(Inputs(), Labels(), {.verbose = 0})));
}

TEST(ModelTest, RowsOfAPredictionDoNotDependOnTheBatch) {
  const auto model = MakeModel();
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> whole,
                             model->Predict(Inputs(), {.verbose = 0}));
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::vector<Tensor> pieces,
      model->Predict(Inputs(), {.batch_size = 3, .verbose = 0}));
  const absl::Span<const float> values = whole[0].values<float>();
  ExpectClose(pieces[0], std::vector<float>(values.begin(), values.end()));
}

TEST(ModelTest, DataOfAnotherTypeAreTracedAnew) {
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(CompileForLabels(*model)));
  ASSERT_TRUE(IsOk(model->Fit(Inputs(), Labels(), {.verbose = 0})));
  const Tensor bytes = Tensor::FromValues<uint8_t>({1, 2, 3, 4, 5}, {1, 5});
  const Tensor floats = Tensor::FromValues<float>({1, 2, 3, 4, 5}, {1, 5});
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> a,
                             model->Predict(bytes, {.verbose = 0}));
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> b,
                             model->Predict(floats, {.verbose = 0}));
  EXPECT_EQ(BytesOf(a), BytesOf(b));
  EXPECT_TRUE(IsOk(model->Evaluate(bytes, Tensor::FromValues<uint8_t>({2}, {1}),
                                   {.verbose = 0})));
  EXPECT_TRUE(IsOk(model->Fit(Inputs(), Labels(), {.verbose = 0})));
}

TEST(ModelTest, ABatchMayBeLargerThanTheData) {
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(CompileForLabels(*model)));
  constexpr int64_t kHuge = int64_t{1} << 40;
  EXPECT_TRUE(IsOk(
      model->Fit(Inputs(), Labels(), {.batch_size = kHuge, .verbose = 0})));
  EXPECT_TRUE(IsOk(model->Evaluate(Inputs(), Labels(),
                                   {.batch_size = kHuge, .verbose = 0})));
  EXPECT_TRUE(
      IsOk(model->Predict(Inputs(), {.batch_size = kHuge, .verbose = 0})));
}

TEST(ModelTest, TrainOnBatchTakesOneStepOnAllOfIt) {
  const auto one = MakeModel(), other = MakeModel();
  const Arrays batch = {.inputs = {{"", Inputs()}},
                        .targets = {{"", Labels()}}};
  ASSERT_TRUE(IsOk(CompileForLabels(*one)));
  ASSERT_TRUE(IsOk(CompileForLabels(*other)));
  for (int step = 0; step < 3; ++step) {
    CAIRN_ASSERT_OK_AND_ASSIGN(const Logs logs, one->TrainOnBatch(batch));
    CAIRN_ASSERT_OK_AND_ASSIGN(
        const History history,
        other->Fit(Inputs(), Labels(),
                   {.batch_size = 10, .shuffle = false, .verbose = 0}));
    EXPECT_EQ(FindLog(logs, "loss"), history.Find("loss")->at(0));
    EXPECT_EQ(FindLog(logs, "accuracy"), history.Find("accuracy")->at(0));
  }
  EXPECT_EQ(BytesOf(one->GetWeights()), BytesOf(other->GetWeights()));
}

TEST(ModelTest, ABatchWithoutSamplesIsRefused) {
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(CompileForLabels(*model)));
  const Tensor x = Tensor::Zeros({DType::kFloat32, {0, 5}});
  const Tensor y = Tensor::Zeros({DType::kInt32, {0}});
  EXPECT_TRUE(
      IsError(model->TrainOnBatch({.inputs = {{"", x}}, .targets = {{"", y}}}),
              kInvalid, {"no samples"}));
  EXPECT_TRUE(
      IsError(model->Fit(x, y, {.verbose = 0}), kInvalid, {"no samples"}));
  EXPECT_TRUE(
      IsError(model->Fit(Batches(), {.verbose = 0}), kInvalid, {"no data"}));
}

TEST(ModelTest, TheSeedKeysTheFirstValues) {
  const auto with_seed = [](uint64_t seed) {
    const auto model = MakeModel();
    EXPECT_TRUE(IsOk(model->set_seed(seed)));
    EXPECT_TRUE(IsOk(model->Predict(Inputs(), {.verbose = 0})));
    return BytesOf(model->GetWeights());
  };
  EXPECT_EQ(with_seed(3), with_seed(3));
  EXPECT_NE(with_seed(3), with_seed(4));
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(model->Predict(Inputs(), {.verbose = 0})));
  EXPECT_TRUE(IsError(model->set_seed(1), kPrecondition,
                      {"\"m\"", "before it is built"}));
}

TEST(ModelTest, LayersAreFoundByName) {
  const auto model = MakeModel();
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::shared_ptr<Layer> layer,
                             model->layer("dense_1"));
  EXPECT_EQ(layer, model->layers()[1]);
  EXPECT_TRUE(IsError(model->layer("dense_2"), absl::StatusCode::kNotFound,
                      {"\"dense_2\"", "dense, dense_1"}));
}

TEST(ModelTest, ASharedLayerIsTrainedByEitherModel) {
  auto shared = std::make_shared<Dense>(DenseOptions{.units = 3});
  Sequential one, other;
  one.Add(shared);
  other.Add(shared);
  ASSERT_TRUE(IsOk(one.Compile({.optimizer = "sgd", .loss = "mse"})));
  ASSERT_TRUE(IsOk(other.Predict(Inputs(), {.verbose = 0})));
  const std::string before = BytesOf(other.GetWeights());
  ASSERT_TRUE(IsOk(one.Fit(Inputs(), Spread({10, 3}, 0, 1), {.verbose = 0})));
  EXPECT_NE(BytesOf(other.GetWeights()), before);
  EXPECT_EQ(BytesOf(other.GetWeights()), BytesOf(one.GetWeights()));
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> a,
                             one.Predict(Inputs(), {.verbose = 0}));
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> b,
                             other.Predict(Inputs(), {.verbose = 0}));
  EXPECT_EQ(BytesOf(a), BytesOf(b));
}

TEST(ModelTest, CompilingAgainKeepsTheWeightsAndNothingElse) {
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(model->Compile({.optimizer = "adam", .loss = "mse"})));
  const Tensor y = Spread({10, 3}, 0, 1);
  ASSERT_TRUE(IsOk(model->Fit(Inputs(), y, {.verbose = 0})));
  const std::string trained = BytesOf(model->GetWeights());
  ASSERT_TRUE(IsOk(model->Compile({.optimizer = "adam", .loss = "mse"})));
  EXPECT_EQ(BytesOf(model->GetWeights()), trained);
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot snapshot,
                             model->TakeSnapshot({Part::kOptimizer}));
  EXPECT_EQ(snapshot.FindTensor("iterations")->values<int64_t>()[0], 0);
  for (const float m : snapshot.FindTensor("m/dense/kernel")->values<float>()) {
    EXPECT_EQ(m, 0);
  }
}

TEST(ModelTest, FrozenLayersKeepTheirValues) {
  Sequential model;
  model.Add<Dense>({.units = 4, .trainable = false});
  model.Add<Dense>({.units = 3});
  ASSERT_TRUE(IsOk(model.Compile({.optimizer = "adam", .loss = "mse"})));
  ASSERT_TRUE(IsOk(model.Predict(Inputs(), {.verbose = 0})));
  const std::vector<Tensor> before = model.GetWeights();
  ASSERT_TRUE(IsOk(model.Fit(Inputs(), Spread({10, 3}, 0, 1), {.verbose = 0})));
  const std::vector<Tensor> after = model.GetWeights();
  EXPECT_EQ(BytesOf({before[0], before[1]}), BytesOf({after[0], after[1]}));
  EXPECT_NE(BytesOf({before[2]}), BytesOf({after[2]}));
  EXPECT_NE(BytesOf({before[3]}), BytesOf({after[3]}));
}

}  // namespace
}  // namespace cairn
