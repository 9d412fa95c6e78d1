#include "saving/checkpoint.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/model/input_layer.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "saving/checkpoint_directory.h"
#include "saving/checkpoint_reader.h"
#include "saving/save.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;
using Strings = std::vector<std::string>;

// 3 - 4 - 2, not built before it is asked to.
std::unique_ptr<Sequential> MakeModel(uint64_t seed, bool built = true) {
  auto model = std::make_unique<Sequential>("m");
  model->Add<Dense>({.units = 4, .name = "a"});
  model->Add<Dense>({.units = 2, .name = "b"});
  EXPECT_TRUE(IsOk(model->set_seed(seed)));
  EXPECT_TRUE(IsOk(model->Compile({.optimizer = "adam", .loss = "mse"})));
  if (built) {
    EXPECT_TRUE(
        IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}}, seed)));
  }
  return model;
}

void Train(Model& model) {
  Tensor x = Tensor::Zeros({DType::kFloat32, {4, 3}});
  for (int i = 0; i < 12; ++i) x.mutable_values<float>()[i] = 0.1f * i;
  Tensor y = Tensor::Zeros({DType::kFloat32, {4, 2}});
  for (int i = 0; i < 8; ++i) y.mutable_values<float>()[i] = 1.0f - 0.2f * i;
  EXPECT_TRUE(
      IsOk(model.Fit(x, y, {.epochs = 3, .shuffle = false, .verbose = 0})));
}

std::string Describe(Model& model) {
  const auto snapshot = model.TakeSnapshot({Part::kOptimizer});
  EXPECT_TRUE(IsOk(snapshot));
  return snapshot.ok() ? DescribeSnapshot(*snapshot) : "";
}

Strings Keys(FaultFileSystem& files, const std::string& prefix) {
  const auto reader = CheckpointReader::Open(prefix, files);
  EXPECT_TRUE(IsOk(reader));
  Strings keys;
  if (!reader.ok()) return keys;
  for (const auto& entry : (*reader)->entries()) {
    keys.push_back(absl::StrCat(entry.key, " ", entry.dtype));
  }
  return keys;
}

// One variable, whose member and name differ.
class Scaler : public Layer {
 public:
  Scaler() : Layer("scaler") {}
  absl::string_view class_name() const override { return "CustomLayer"; }
  Config GetConfig() const override { return Config::Object(); }
  const std::shared_ptr<Variable>& variable() const { return variable_; }

 protected:
  absl::Status Build(absl::Span<const TensorSpec>) override {
    CAIRN_ASSIGN_OR_RETURN(variable_, AddWeight({.name = "var_a",
                                                 .initializer = "ones",
                                                 .trainable = false,
                                                 .dtype = DType::kInt32,
                                                 .edge = "var"}));
    return absl::OkStatus();
  }
  Values Call(const CallContext&, absl::Span<const Value> inputs) override {
    return inputs[0];
  }

 private:
  std::shared_ptr<Variable> variable_;
};

std::shared_ptr<Scaler> MakeScaler(int32_t value) {
  auto scaler = std::make_shared<Scaler>();
  EXPECT_TRUE(IsOk(scaler->EnsureBuilt({{DType::kFloat32, {kDynamic, 1}}})));
  EXPECT_TRUE(IsOk(scaler->variable()->Assign(Tensor::Scalar<int32_t>(value))));
  return scaler;
}

TEST(CheckpointTest, KeysAreOfEdgesAndTheCounterIsRaisedBeforeTheSave) {
  FaultFileSystem files;
  Checkpoint checkpoint({.files = &files});
  ASSERT_TRUE(IsOk(checkpoint.Add("layer", MakeScaler(5))));
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string first,
                             checkpoint.Save("custom_layer"));
  EXPECT_EQ(first, "custom_layer-1");
  EXPECT_EQ(Keys(files, first),
            (Strings{"_CHECKPOINTABLE_OBJECT_GRAPH string",
                     "layer/var/.ATTRIBUTES/VARIABLE_VALUE int32",
                     "save_counter/.ATTRIBUTES/VARIABLE_VALUE int64"}));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             CheckpointReader::Open(first, files));
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const Tensor counter,
      reader->ReadTensor("save_counter/.ATTRIBUTES/VARIABLE_VALUE"));
  EXPECT_EQ(counter.values<int64_t>()[0], 1);
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string second,
                             checkpoint.Save("custom_layer"));
  EXPECT_EQ(second, "custom_layer-2");
  CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointState state,
                             ReadCheckpointState(".", files));
  EXPECT_EQ(state.newest, "custom_layer-2");
  EXPECT_EQ(state.all, Strings{"custom_layer-2"});

  Checkpoint other({.files = &files});
  const auto restored = MakeScaler(1);
  ASSERT_TRUE(IsOk(other.Add("layer", restored)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore, other.Restore(second));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
  EXPECT_EQ(restored->variable()->value().values<int32_t>()[0], 5);
  EXPECT_EQ(other.save_counter(), 2);
}

TEST(CheckpointTest, WriteAndReadLeaveTheCounter) {
  FaultFileSystem files;
  Checkpoint checkpoint({.files = &files});
  ASSERT_TRUE(IsOk(checkpoint.Add("layer", MakeScaler(5))));
  ASSERT_TRUE(IsOk(checkpoint.Write("plain")));
  EXPECT_EQ(Keys(files, "plain").size(), 2u);
  EXPECT_EQ(files.Contents().count("checkpoint"), 0u);
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore read, checkpoint.Read("plain"));
  EXPECT_TRUE(IsOk(read.AssertConsumed()));
  EXPECT_EQ(checkpoint.save_counter(), 0);
}

TEST(CheckpointTest, ASaveThatFailsLeavesTheCounter) {
  FaultFileSystem files;
  Checkpoint checkpoint({.files = &files});
  const auto dense = std::make_shared<Dense>(Dense::Options{.units = 2});
  ASSERT_TRUE(IsOk(checkpoint.Add("dense", dense)));
  EXPECT_TRUE(IsError(checkpoint.Save("x"), Code::kFailedPrecondition,
                      {"\"dense\"", "EnsureBuilt"}));
  EXPECT_EQ(checkpoint.save_counter(), 0);
  EXPECT_TRUE(files.Contents().empty());
}

TEST(CheckpointTest, AModelAndItsOptimizerComeBack) {
  FaultFileSystem files;
  const auto from = MakeModel(1);
  Train(*from);
  Checkpoint saved({.files = &files});
  ASSERT_TRUE(IsOk(saved.Add("model", from.get())));
  ASSERT_TRUE(IsOk(saved.AddOptimizer("optimizer", from.get())));
  ASSERT_TRUE(IsOk(saved.Save("c")));
  const auto to = MakeModel(2);
  Checkpoint restored({.files = &files});
  ASSERT_TRUE(IsOk(restored.Add("model", to.get())));
  ASSERT_TRUE(IsOk(restored.AddOptimizer("optimizer", to.get())));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                             restored.Restore("c-1"));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
  EXPECT_EQ(restore.report().restored.size(), 4u + 2u + 8u);
  EXPECT_EQ(Describe(*to), Describe(*from));
}

TEST(CheckpointTest, ValuesWaitForWeightsAndSlots) {
  FaultFileSystem files;
  const auto from = MakeModel(1);
  Train(*from);
  Checkpoint saved({.files = &files});
  ASSERT_TRUE(IsOk(saved.Add("model", from.get())));
  ASSERT_TRUE(IsOk(saved.AddOptimizer("opt", from.get())));
  ASSERT_TRUE(IsOk(saved.Save("c")));

  const auto to = MakeModel(2, /*built=*/false);
  Checkpoint restored({.files = &files});
  ASSERT_TRUE(IsOk(restored.Add("model", to.get())));
  ASSERT_TRUE(IsOk(restored.AddOptimizer("opt", to.get())));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                             restored.Restore("c-1"));
  EXPECT_EQ(restore.report().restored.size(), 2u);
  EXPECT_EQ(restore.waiting().size(), 4u + 8u);
  EXPECT_TRUE(IsOk(restore.AssertExistingObjectsMatched()));
  EXPECT_TRUE(IsError(restore.AssertConsumed(), Code::kFailedPrecondition,
                      {"not built yet (12)"}));
  ASSERT_TRUE(IsOk(to->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  ASSERT_EQ(Describe(*to), Describe(*from));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
  Train(*from);
  Train(*to);
  EXPECT_EQ(Describe(*to), Describe(*from));
}

TEST(CheckpointTest, AWaitingValueOfAnotherShapeFailsTheBuild) {
  FaultFileSystem files;
  const auto from = MakeModel(1);
  Checkpoint saved({.files = &files});
  ASSERT_TRUE(IsOk(saved.Add("model", from.get())));
  ASSERT_TRUE(IsOk(saved.Save("c")));
  const auto to = MakeModel(2, /*built=*/false);
  Checkpoint restored({.files = &files});
  ASSERT_TRUE(IsOk(restored.Add("model", to.get())));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                             restored.Restore("c-1"));
  restore.ExpectPartial();
  EXPECT_TRUE(IsError(to->EnsureBuilt({{DType::kFloat32, {kDynamic, 7}}}),
                      Code::kInvalidArgument, {"(7, 4)", "(3, 4)", "c-1"}));
}

TEST(CheckpointTest, ChosenLayersAndVariablesGoIntoAnotherModel) {
  FaultFileSystem files;
  const auto from = MakeModel(1);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto first, from->layer("a"));
  const auto weights = from->weights();
  Checkpoint saved({.files = &files});
  ASSERT_TRUE(IsOk(saved.Add("dense", first)));
  ASSERT_TRUE(IsOk(saved.Add("kernel", weights[2].variable)));
  ASSERT_TRUE(IsOk(saved.Add("bias", weights[3].variable)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string prefix, saved.Save("ckpt"));
  EXPECT_EQ(prefix, "ckpt-1");

  const auto to = MakeModel(2);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto to_first, to->layer("a"));
  const auto to_weights = to->weights();
  Checkpoint restored({.files = &files});
  ASSERT_TRUE(IsOk(restored.Add("dense", to_first)));
  ASSERT_TRUE(IsOk(restored.Add("kernel", to_weights[2].variable)));
  ASSERT_TRUE(IsOk(restored.Add("bias", to_weights[3].variable)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                             restored.Restore(prefix));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
  const RestoreReport report = restore.report();
  EXPECT_EQ(report.restored,
            (Strings{"dense/kernel", "dense/bias", "kernel", "bias"}));
  EXPECT_TRUE(report.missing.empty() && report.extra.empty());
  EXPECT_EQ(BytesOf(to->GetWeights()), BytesOf(from->GetWeights()));
}

TEST(CheckpointTest, WeightsFilesAndCheckpointsLoadIntoEachOther) {
  FaultFileSystem files;
  const auto from = MakeModel(1);
  Checkpoint saved({.files = &files});
  ASSERT_TRUE(IsOk(saved.Add("net", from.get())));
  ASSERT_TRUE(IsOk(saved.Write("c")));
  ASSERT_TRUE(IsOk(SaveWeights(*from, "w", {.files = &files})));

  const auto by_weights = MakeModel(2);
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const RestoreReport report,
      LoadWeights(*by_weights, "c", {}, {.files = &files}));
  EXPECT_EQ(report.file_child, "net");
  EXPECT_EQ(BytesOf(by_weights->GetWeights()), BytesOf(from->GetWeights()));

  const auto by_object = MakeModel(3);
  Checkpoint restored({.files = &files});
  ASSERT_TRUE(IsOk(restored.Add("model", by_object.get())));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore, restored.Read("w"));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
  EXPECT_EQ(restore.report().object_child, "model");
  EXPECT_EQ(BytesOf(by_object->GetWeights()), BytesOf(from->GetWeights()));
}

TEST(CheckpointTest, NothingThatMatchesIsAnErrorWithBothRoots) {
  FaultFileSystem files;
  Checkpoint saved({.files = &files});
  ASSERT_TRUE(IsOk(saved.Add("layer", MakeScaler(5))));
  ASSERT_TRUE(IsOk(saved.Save("c")));
  const auto model = MakeModel(2);
  const std::string before = Describe(*model);
  Checkpoint other({.files = &files});
  ASSERT_TRUE(IsOk(other.Add("net", model.get())));
  EXPECT_TRUE(IsError(other.Restore("c-1").status(), Code::kInvalidArgument,
                      {"nothing in c-1 fits", "net", "layer"}));
  EXPECT_EQ(Describe(*model), before);
  EXPECT_EQ(other.save_counter(), 0);
}

TEST(CheckpointTest, ALayerUnderAnyEdgeIsALayer) {
  FaultFileSystem files;
  Checkpoint saved({.files = &files});
  ASSERT_TRUE(IsOk(saved.Add("optimizer", MakeScaler(5))));
  ASSERT_TRUE(IsOk(saved.Write("c")));
  EXPECT_EQ(Keys(files, "c").back(),
            "optimizer/var/.ATTRIBUTES/VARIABLE_VALUE int32");
}

TEST(CheckpointTest, AnEdgeThatBeginsAsAPlaceOfKerasIsFoundAgain) {
  FaultFileSystem files;
  Checkpoint checkpoint({.files = &files});
  for (const char* edge : {"layer-first", "layer-", "layer-01"}) {
    ASSERT_TRUE(IsOk(checkpoint.Add(edge, MakeScaler(5))));
  }
  ASSERT_TRUE(IsOk(checkpoint.Write("c")));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore, checkpoint.Read("c"));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
}

TEST(CheckpointTest, EdgesAreGivenOnce) {
  Checkpoint checkpoint;
  ASSERT_TRUE(IsOk(checkpoint.Add("layer", MakeScaler(5))));
  for (const char* edge : {"", "layer", "save_counter", "layer-0",
                           "layer_with_weights-12", "keras_api", "root"}) {
    EXPECT_TRUE(IsError(checkpoint.Add(edge, MakeScaler(5)),
                        Code::kInvalidArgument, {edge}));
  }
  Sequential model;
  EXPECT_TRUE(IsError(checkpoint.AddOptimizer("optimizer", &model),
                      Code::kFailedPrecondition, {"Compile"}));
}

}  // namespace
}  // namespace cairn
