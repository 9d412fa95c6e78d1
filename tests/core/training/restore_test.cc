#include "core/training/restore.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/model/sequential.h"
#include "core/training/restore_options.h"
#include "core/training/snapshot.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "tests/support/mlp3.h"
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
                {"nothing in the file fits the model",
                 "the model has (4): body/kernel float32 (3, 4), body/bias",
                 "the file has (4): dense/kernel float32 (3, 4), dense/bias"});
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
  snapshot.objects = ObjectGraph();
  snapshot.parts = {Part::kWeights};
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport by_names,
                             MakeModel(2)->Restore(snapshot));
  EXPECT_EQ(by_names.match, Match::kNames);
  for (NamedTensor& tensor : snapshot.weights.Mutable()) tensor.name += "_old";
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
                {"nothing in the file fits", "the file has (0)"});
}

TEST(RestoreTest, AnotherTypeIsRefused) {
  const auto to = MakeModel(2, "sgd");
  Snapshot snapshot = Take(*MakeModel(1, "sgd"));
  snapshot.weights.Mutable()[1].value = Tensor::Zeros({DType::kFloat64, {4}});
  ExpectRefused(*to, snapshot, Match::kAuto,
                {"dense/bias is float32 (4,) in the model, float64 (4,)"});
}

TEST(RestoreTest, AnotherOptimizerIsRefusedWithWhatIsMissing) {
  const auto to = MakeModel(2, "adam");
  ExpectRefused(*to, Take(*MakeModel(1, "sgd")), Match::kAuto,
                {"m/dense/kernel", "another optimizer", "Adam"});
  Snapshot snapshot = Take(*MakeModel(1, "adam"));
  for (NamedTensor& tensor : snapshot.optimizer.Mutable()) {
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
  snapshot.optimizer.Mutable().clear();
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

TEST(RestoreTest, KindsOfModelsExchangeValuesWhereNamesAgree) {
  for (const std::string& from_kind : Mlp3Kinds()) {
    const auto from = MakeMlp3(from_kind, 1);
    const Snapshot snapshot = Take(*from);
    for (const std::string& to_kind : Mlp3Kinds()) {
      SCOPED_TRACE(absl::StrCat("from ", from_kind, " to ", to_kind));
      const auto to = MakeMlp3(to_kind, 2);
      int64_t parameters = 0;
      for (const Tensor& value : to->GetWeights()) parameters += value.size();
      EXPECT_EQ(parameters, 55050);
      CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                                 to->Restore(snapshot));
      EXPECT_EQ(report.match,
                from_kind == to_kind ? Match::kObjects : Match::kNames);
      EXPECT_EQ(report.restored.size(), 6);
      EXPECT_EQ(BytesOf(to->GetWeights()), BytesOf(from->GetWeights()));
    }
  }
}

// 3 - 4 - `units`; built, but not compiled.
std::unique_ptr<Sequential> MakePlain(uint64_t seed,
                                      const std::vector<std::string>& names,
                                      int64_t last_units = 2) {
  auto model = std::make_unique<Sequential>("m");
  for (const std::string& name : names) {
    model->Add<Dense>(
        {.units = name == names.back() ? last_units : 4, .name = name});
  }
  EXPECT_TRUE(IsOk(model->set_seed(seed)));
  EXPECT_TRUE(
      IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}}, seed)));
  return model;
}

TEST(RestoreTest, WhatIsMissingIsLeftWhereThatIsAllowed) {
  const Snapshot snapshot = Take(*MakePlain(1, {"a"}, 4));
  const auto to = MakePlain(2, {"a", "head"});
  const auto before = to->GetWeights();
  ExpectRefused(*to, snapshot, Match::kAuto,
                {"the model has, the file lacks (2): head/kernel, head/bias",
                 "the other 2 fit, and are loaded with allow_missing"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             to->Restore(snapshot, {.allow_missing = true}));
  EXPECT_EQ(report.restored, (std::vector<std::string>{"a/kernel", "a/bias"}));
  EXPECT_EQ(report.missing,
            (std::vector<std::string>{"head/kernel", "head/bias"}));
  const auto after = to->GetWeights();
  EXPECT_EQ(
      BytesOf({after[0], after[1]}),
      BytesOf({(*snapshot.weights)[0].value, (*snapshot.weights)[1].value}));
  EXPECT_EQ(BytesOf({after[2], after[3]}), BytesOf({before[2], before[3]}));
}

TEST(RestoreTest, WhatIsExtraIsLeftOutWhereThatIsAllowed) {
  const Snapshot snapshot = Take(*MakePlain(1, {"a", "head"}));
  const auto to = MakePlain(2, {"a"}, 4);
  ExpectRefused(*to, snapshot, Match::kAuto,
                {"the file has, the model lacks (2): head/kernel, head/bias"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             to->Restore(snapshot, {.allow_extra = true}));
  EXPECT_EQ(report.restored.size(), 2);
  EXPECT_EQ(report.extra,
            (std::vector<std::string>{"head/kernel", "head/bias"}));
}

TEST(RestoreTest, OtherShapesAreLeftWhereThatIsAllowed) {
  const Snapshot snapshot = Take(*MakePlain(1, {"a", "head"}, 5));
  const auto to = MakePlain(2, {"a", "head"}, 2);
  ExpectRefused(*to, snapshot, Match::kAuto, {"(4, 2)", "(4, 5)"});
  EXPECT_TRUE(IsError(
      to->Restore(snapshot, {.allow_missing = true, .allow_extra = true}),
      kInvalid, {"allow_mismatch"}));
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             to->Restore(snapshot, {.allow_mismatch = true}));
  EXPECT_EQ(report.restored.size(), 2);
  EXPECT_EQ(report.mismatched,
            (std::vector<std::string>{"head/kernel", "head/bias"}));
}

TEST(RestoreTest, WeightsThatAreToBeKeptAreNotAskedFor) {
  const Snapshot snapshot = Take(*MakePlain(1, {"a", "head"}, 5));
  const auto to = MakePlain(2, {"a", "head"}, 2);
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             to->Restore(snapshot, {.keep = {"head"}}));
  EXPECT_EQ(report.restored.size(), 2);
  EXPECT_EQ(report.kept,
            (std::vector<std::string>{"head/kernel", "head/bias"}));
  EXPECT_TRUE(IsError(to->Restore(snapshot, {.keep = {"head/kernel"}}),
                      kInvalid, {"head/bias is", "(5,)"}));
  EXPECT_TRUE(IsError(to->Restore(snapshot, {.keep = {"hea"}}), kInvalid,
                      {"\"hea\"", "no weight"}));
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport by_pattern,
                             to->Restore(snapshot, {.keep = {"hea*"}}));
  EXPECT_EQ(by_pattern.kept, report.kept);
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const RestoreReport by_two,
      to->Restore(snapshot, {.keep = {"**/bias", "head/k*l"}}));
  EXPECT_EQ(by_two.kept,
            (std::vector<std::string>{"a/bias", "head/kernel", "head/bias"}));
  EXPECT_TRUE(IsError(to->Restore(snapshot, {.keep = {"**/gamma", "head"}}),
                      kInvalid, {"\"**/gamma\"", "no weight"}));
}

TEST(RestoreTest, NothingThatFitsIsAnErrorWhateverIsAllowed) {
  const Snapshot snapshot = Take(*MakePlain(1, {"a"}, 5));
  const auto to = MakePlain(2, {"b"}, 2);
  const RestoreOptions all = {.allow_missing = true,
                              .allow_extra = true,
                              .allow_mismatch = true,
                              .allow_cast = true};
  const std::string before = BytesOf(to->GetWeights());
  EXPECT_TRUE(IsError(to->Restore(snapshot, all), kInvalid, {"b/kernel"}));
  EXPECT_TRUE(IsError(to->Restore(Snapshot(), all), kInvalid,
                      {"nothing in the file fits"}));
  EXPECT_EQ(BytesOf(to->GetWeights()), before);
}

TEST(RestoreTest, AnErrorOfALargeModelIsShort) {
  std::vector<std::string> names, others;
  for (int i = 0; i < 300; ++i) {
    names.push_back(absl::StrCat("layer_", i));
    others.push_back(absl::StrCat("other_", i));
  }
  Snapshot snapshot = Take(*MakePlain(1, names));
  snapshot.objects = ObjectGraph();
  const auto status =
      MakePlain(2, others)->Restore(snapshot, {.match = Match::kNames});
  EXPECT_TRUE(IsError(status, kInvalid, {"(600)", ", ..."}));
  EXPECT_LT(status.status().message().size(), 1500);
}

TEST(RestoreTest, RenamesMoveValuesBelowAnotherPathAndBack) {
  const auto body = MakePlain(1, {"a", "b"});
  Sequential boxed("boxed");
  boxed.Add(std::shared_ptr<Layer>(MakePlain(2, {"a", "b"})));
  boxed.Add<Dense>({.units = 5, .name = "head"});
  ASSERT_TRUE(IsOk(boxed.EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const RestoreReport there,
      boxed.Restore(Take(*body),
                    {.allow_missing = true, .renames = {{"", "m"}}}));
  EXPECT_EQ(there.match, Match::kNames);
  EXPECT_EQ(there.restored,
            (std::vector<std::string>{"m/a/kernel", "m/a/bias", "m/b/kernel",
                                      "m/b/bias"}));
  const auto fresh = MakePlain(3, {"x", "b"});
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const RestoreReport back,
      fresh->Restore(Take(boxed), {.allow_extra = true,
                                   .renames = {{"m/", ""}, {"m/a", "x"}}}));
  EXPECT_EQ(back.restored.size(), 4);
  EXPECT_EQ(BytesOf(fresh->GetWeights()), BytesOf(body->GetWeights()));
}

// "outer" with two boxes, each of a plain model "m" behind a model of the box's
// name; 3 - 4 - 3 - 4 - 3.
std::unique_ptr<Sequential> MakeNested(uint64_t seed, const std::string& prefix,
                                       const std::string& first) {
  auto outer = std::make_unique<Sequential>("outer");
  for (int i = 1; i <= 2; ++i) {
    auto box = std::make_shared<Sequential>(absl::StrCat(prefix, i));
    box->Add(std::shared_ptr<Layer>(MakePlain(seed + i, {first, "b"}, 3)));
    outer->Add(std::shared_ptr<Layer>(std::move(box)));
  }
  EXPECT_TRUE(IsOk(outer->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  return outer;
}

TEST(RestoreTest, PatternsReachIntoModelsWithinModels) {
  const auto from = MakeNested(1, "box_", "a");
  const Snapshot snapshot = Take(*from);
  ASSERT_EQ((*snapshot.weights)[0].name, "box_1/m/a/kernel");
  // The path of every part but the innermost is another.
  const auto to = MakeNested(10, "part_", "first");
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const RestoreReport there,
      to->Restore(snapshot, {.renames = {{"box_*/m/a", "part_*/m/first"},
                                         {"box_*", "part_*"}}}));
  EXPECT_EQ(there.restored.size(), 8);
  EXPECT_EQ(there.renamed.size(), 8);
  EXPECT_EQ(there.renamed.at("box_2/m/a/bias"), "part_2/m/first/bias");
  EXPECT_EQ(there.renamed.at("box_1/m/b/kernel"), "part_1/m/b/kernel");
  EXPECT_EQ(BytesOf(to->GetWeights()), BytesOf(from->GetWeights()));

  const auto back = MakeNested(20, "box_", "a");
  const auto before = back->GetWeights();
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const RestoreReport report,
      back->Restore(Take(*to), {.keep = {"box_2/**/kernel"},
                                .renames = {{"part_*", "box_*"},
                                            {"part_*/m/first", "box_*/m/a"}}}));
  EXPECT_EQ(report.kept,
            (std::vector<std::string>{"box_2/m/a/kernel", "box_2/m/b/kernel"}));
  auto expected = from->GetWeights();
  expected[4] = before[4];
  expected[6] = before[6];
  EXPECT_EQ(BytesOf(back->GetWeights()), BytesOf(expected));
}

TEST(RestoreTest, RenamesThatDoNothingOrCollideAreRefused) {
  const Snapshot snapshot = Take(*MakePlain(1, {"a", "ab"}));
  const auto to = MakePlain(2, {"a", "ab"});
  EXPECT_TRUE(IsError(to->Restore(snapshot, {.renames = {{"b", "c"}}}),
                      kInvalid, {"renames", "below \"b\""}));
  EXPECT_TRUE(IsError(to->Restore(snapshot, {.renames = {{"a", "ab"}}}),
                      kInvalid, {"both become \"ab/kernel\""}));
  EXPECT_TRUE(IsError(
      to->Restore(snapshot, {.match = Match::kOrder, .renames = {{"a", "c"}}}),
      kInvalid, {"renames", "kNames"}));
}

TEST(RestoreTest, OtherTypesAreConvertedOnRequest) {
  const auto to = MakePlain(2, {"a"});
  Snapshot snapshot = Take(*MakePlain(1, {"a"}));
  snapshot.weights.Mutable()[1].value =
      Tensor::FromValues<double>({0.5, -1.25}, {2});
  ExpectRefused(*to, snapshot, Match::kAuto, {"a/bias", "float64 (2,)"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             to->Restore(snapshot, {.allow_cast = true}));
  EXPECT_EQ(report.cast, (std::vector<std::string>{"a/bias"}));
  EXPECT_EQ(report.restored.size(), 2);
  EXPECT_EQ(to->GetWeights()[1].values<float>()[1], -1.25f);
}

TEST(RestoreTest, AFileThatFitsAChildOfTheModelNamesIt) {
  Sequential boxed("boxed");
  boxed.Add(std::shared_ptr<Layer>(MakePlain(2, {"a", "b"})));
  boxed.Add<Dense>({.units = 5, .name = "head"});
  ASSERT_TRUE(IsOk(boxed.EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  const std::string before = BytesOf(boxed.GetWeights());
  EXPECT_TRUE(IsError(boxed.Restore(Take(*MakePlain(1, {"a", "b"}))), kInvalid,
                      {"the file fits the child \"m\" of the model"}));
  EXPECT_EQ(BytesOf(boxed.GetWeights()), before);
}

TEST(RestoreTest, AChildOfTheFilesRootThatFitsIsUsedAndReported) {
  Sequential boxed("boxed");
  boxed.Add(std::shared_ptr<Layer>(MakePlain(1, {"a", "b"})));
  boxed.Add<Dense>({.units = 5, .name = "head"});
  ASSERT_TRUE(IsOk(boxed.EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  const auto to = MakePlain(2, {"x", "y"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             to->Restore(Take(boxed)));
  EXPECT_EQ(report.match, Match::kObjects);
  EXPECT_EQ(report.file_child, "model/0");
  EXPECT_EQ(report.restored.size(), 4);
  EXPECT_EQ(report.extra.size(), 0);
  const auto values = boxed.GetWeights();
  EXPECT_EQ(BytesOf(to->GetWeights()),
            BytesOf(absl::MakeConstSpan(values).subspan(0, 4)));
}

TEST(RestoreTest, APartOfTheWeightsLeavesTheOptimizer) {
  const auto from = MakeModel(1, "adam");
  Train(*from);
  Snapshot snapshot = Take(*from);
  snapshot.weights.Mutable().pop_back();
  const auto to = MakeModel(2, "adam");
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             to->Restore(snapshot, {.allow_missing = true}));
  EXPECT_EQ(report.restored.size(), 3);
  EXPECT_EQ(Take(*to).FindTensor("iterations")->values<int64_t>()[0], 0);
}

TEST(RestoreTest, SlotsOfOlderKerasAreFoundByTheirWeights) {
  const auto from = MakeModel(1, "rmsprop");
  Train(*from);
  const Snapshot snapshot = Take(*from);
  Snapshot old = snapshot;
  ObjectGraph& objects = old.objects.Mutable();
  const int optimizer = objects.Find(0, "optimizer");
  const int list = objects.Find(optimizer, "_velocities");
  const int layers = objects.Find(0, "model");
  int index = 0;
  for (const char* layer : {"0", "1"}) {
    for (const char* weight : {"kernel", "bias"}) {
      objects.nodes[optimizer].slots.push_back(
          {"rms", objects.Find(objects.Find(layers, layer), weight),
           objects.Find(list, absl::StrCat(index++))});
    }
  }
  for (ObjectGraph::Edge& edge : objects.nodes[optimizer].edges) {
    if (edge.name == "_velocities") edge.name = "gone";
  }
  const auto to = MakeModel(2, "rmsprop");
  EXPECT_TRUE(IsOk(to->Restore(old)));
  EXPECT_EQ(DescribeSnapshot(Take(*to)), DescribeSnapshot(snapshot));
}

}  // namespace
}  // namespace cairn
