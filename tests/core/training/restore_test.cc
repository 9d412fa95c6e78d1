#include "core/training/restore.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/model/sequential.h"
#include "core/training/restore_options.h"
#include "core/training/snapshot.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

struct LayerNames {
  std::string first = "", second = "";
};

// 3 - 4 - 2, with first values of `seed`.
std::unique_ptr<Sequential> MakeModel(uint64_t seed,
                                      const std::string& optimizer = "adam",
                                      const LayerNames& names = {}) {
  auto model = std::make_unique<Sequential>("m");
  model->Add<Dense>({.units = 4, .name = names.first});
  model->Add<Dense>({.units = 2, .name = names.second});
  EXPECT_TRUE(IsOk(model->set_seed(seed)));
  EXPECT_TRUE(IsOk(model->Compile({.optimizer = optimizer, .loss = "mse"})));
  EXPECT_TRUE(IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  return model;
}

void Train(Model& model) {
  EXPECT_TRUE(IsOk(model.Fit(Spread({10, 3}, -1, 1), Spread({10, 2}, -1, 1),
                             {.epochs = 2, .batch_size = 4, .verbose = 0})));
}

Snapshot Take(Model& model) {
  const absl::StatusOr<Snapshot> snapshot =
      model.TakeSnapshot({Part::kOptimizer});
  EXPECT_TRUE(IsOk(snapshot));
  return snapshot.ok() ? CloneSnapshot(*snapshot) : Snapshot();
}

// An error of that text, after which the model is what it was.
void ExpectRefused(Model& model, const Snapshot& snapshot, Match match,
                   std::initializer_list<absl::string_view> parts) {
  const std::string before = DescribeSnapshot(Take(model));
  EXPECT_TRUE(
      IsError(model.Restore(snapshot, {.match = match}), kInvalid, parts));
  EXPECT_EQ(DescribeSnapshot(Take(model)), before);
}

TEST(RestoreTest, ModelsOfOneArchitectureShareTheirValues) {
  const auto from = MakeModel(1), to = MakeModel(2);
  Train(*from);
  const Snapshot snapshot = Take(*from);
  for (const Match match :
       {Match::kAuto, Match::kObjects, Match::kNames, Match::kOrder}) {
    const auto fresh = MakeModel(2);
    EXPECT_NE(BytesOf(fresh->GetWeights()), BytesOf(from->GetWeights()));
    CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                               fresh->Restore(snapshot, {.match = match}));
    EXPECT_EQ(DescribeSnapshot(Take(*fresh)), DescribeSnapshot(snapshot));
    EXPECT_EQ(report.match, match == Match::kAuto ? Match::kObjects : match);
    EXPECT_EQ(report.restored.size(), 4 + 2 + 2 * 4);
    EXPECT_EQ(report.restored[0], "dense/kernel");
    EXPECT_EQ(report.restored.back(), "v/dense_1/bias");
  }
}

TEST(RestoreTest, OtherNamesMatchByObjectsOrByOrder) {
  const auto from = MakeModel(1);
  const Snapshot snapshot = Take(*from);
  const LayerNames names = {"body", "head"};
  for (const Match match : {Match::kAuto, Match::kObjects, Match::kOrder}) {
    const auto to = MakeModel(2, "adam", names);
    EXPECT_TRUE(IsOk(to->Restore(snapshot, {.match = match})));
    EXPECT_EQ(BytesOf(to->GetWeights()), BytesOf(from->GetWeights()));
  }
  const auto to = MakeModel(2, "adam", names);
  ExpectRefused(*to, snapshot, Match::kNames,
                {"the model has, the file lacks (4): body/kernel, body/bias",
                 "the file has, the model lacks (4): dense/kernel"});
}

TEST(RestoreTest, OtherObjectsMatchByNames) {
  const auto from = MakeModel(1, "sgd");
  Snapshot snapshot = Take(*from);
  // A dropout between the layers moves the second one's edge.
  Sequential to("m");
  to.Add<Dense>({.units = 4});
  to.Add<Dropout>({.rate = 0.5});
  to.Add<Dense>({.units = 2});
  ASSERT_TRUE(IsOk(to.EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report, to.Restore(snapshot));
  EXPECT_EQ(report.match, Match::kNames);
  EXPECT_EQ(BytesOf(to.GetWeights()), BytesOf(from->GetWeights()));
}

TEST(RestoreTest, ASnapshotWithoutObjectsMatchesByNamesOrOrder) {
  const auto from = MakeModel(1, "sgd");
  Snapshot snapshot = Take(*from);
  snapshot.objects = {};
  snapshot.parts = {Part::kWeights};
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport by_names,
                             MakeModel(2)->Restore(snapshot));
  EXPECT_EQ(by_names.match, Match::kNames);
  for (NamedTensor& tensor : snapshot.weights) tensor.name += "_old";
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport by_order,
                             MakeModel(2)->Restore(snapshot));
  EXPECT_EQ(by_order.match, Match::kOrder);
}

TEST(RestoreTest, AnotherArchitectureIsRefusedWithAllThatDiffers) {
  const auto to = MakeModel(2, "sgd");
  Sequential other("m");
  other.Add<Dense>({.units = 5});
  other.Add<Dense>({.units = 2, .use_bias = false});
  other.Add<Dense>({.units = 1});
  ASSERT_TRUE(IsOk(other.EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  const Snapshot snapshot = Take(other);
  ExpectRefused(
      *to, snapshot, Match::kAuto,
      {"another architecture",
       "the model has, the file lacks (1): dense_1/bias",
       "the file has, the model lacks (2): dense_2/kernel, dense_2/bias",
       "of another shape or type (3): dense/kernel is float32 (3, 4) in the "
       "model, float32 (3, 5) in the file, dense/bias is"});
  ExpectRefused(*to, Snapshot(), Match::kAuto,
                {"the model has, the file lacks (4)"});
}

TEST(RestoreTest, AnotherTypeIsRefused) {
  const auto to = MakeModel(2, "sgd");
  Snapshot snapshot = Take(*MakeModel(1, "sgd"));
  snapshot.weights[1].value = Tensor::Zeros({DType::kFloat64, {4}});
  ExpectRefused(*to, snapshot, Match::kAuto,
                {"dense/bias is float32 (4,) in the model, float64 (4,)"});
}

TEST(RestoreTest, AnotherOptimizerIsRefusedWithWhatIsMissing) {
  const auto to = MakeModel(2, "adam");
  ExpectRefused(*to, Take(*MakeModel(1, "sgd")), Match::kAuto,
                {"m/dense/kernel", "another optimizer", "Adam"});
  Snapshot snapshot = Take(*MakeModel(1, "adam"));
  for (NamedTensor& tensor : snapshot.optimizer) {
    if (tensor.name == "v/dense/bias") {
      tensor.value = Tensor::Zeros({DType::kFloat32, {7}});
    }
  }
  ExpectRefused(*to, snapshot, Match::kAuto, {"v/dense/bias", "(4,)", "(7,)"});
}

TEST(RestoreTest, MoreThanTheOptimizerNeedsIsNoError) {
  const auto to = MakeModel(2, "sgd");
  const auto from = MakeModel(1, "adam");
  Train(*from);
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             to->Restore(Take(*from)));
  EXPECT_EQ(report.restored.size(), 4 + 2);
  EXPECT_EQ(Take(*to).FindTensor("iterations")->values<int64_t>()[0], 6);
}

TEST(RestoreTest, WeightsAloneLeaveTheOptimizer) {
  const auto to = MakeModel(2, "adam");
  Train(*to);
  Snapshot snapshot = Take(*MakeModel(1, "sgd"));
  snapshot.optimizer.clear();
  snapshot.parts = {Part::kWeights};
  const std::string m = BytesOf({*Take(*to).FindTensor("m/dense/kernel")});
  EXPECT_TRUE(IsOk(to->Restore(snapshot)));
  EXPECT_EQ(BytesOf({*Take(*to).FindTensor("m/dense/kernel")}), m);
  EXPECT_EQ(BytesOf(to->GetWeights()),
            BytesOf(MakeModel(1, "sgd")->GetWeights()));
}

TEST(RestoreTest, AModelThatIsNotCompiledTakesTheWeights) {
  Sequential to("m");
  to.Add<Dense>({.units = 4});
  to.Add<Dense>({.units = 2});
  ASSERT_TRUE(IsOk(to.EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  const auto from = MakeModel(1, "adam");
  EXPECT_TRUE(IsOk(to.Restore(Take(*from))));
  EXPECT_EQ(BytesOf(to.GetWeights()), BytesOf(from->GetWeights()));
}

}  // namespace
}  // namespace cairn
