// A Checkpoint within a Checkpoint, and objects that have a state.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/model/sequential.h"
#include "core/training/callback.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "saving/checkpoint.h"
#include "saving/checkpoint_reader.h"
#include "saving/save.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;
using Strings = std::vector<std::string>;

std::shared_ptr<Variable> MakeVariable(float value) {
  auto variable = std::make_shared<Variable>(
      "v", TensorSpec{DType::kFloat32, {}}, /*trainable=*/false);
  variable->mutable_value().mutable_values<float>()[0] = value;
  return variable;
}

float ValueOf(const std::shared_ptr<Variable>& variable) {
  return variable->value().values<float>()[0];
}

// A variable "v" in `inner`, which is "inner" in `outer`.
struct Nested {
  explicit Nested(FaultFileSystem& files, float value)
      : v(MakeVariable(value)),
        inner({.files = &files}),
        outer({.files = &files}) {
    EXPECT_TRUE(IsOk(inner.Add("v", v)));
    EXPECT_TRUE(IsOk(outer.Add("inner", &inner)));
  }
  std::shared_ptr<Variable> v;
  Checkpoint inner, outer;
};

Strings Keys(FaultFileSystem& files, const std::string& prefix) {
  const auto reader = CheckpointReader::Open(prefix, files);
  EXPECT_TRUE(IsOk(reader));
  Strings keys;
  if (!reader.ok()) return keys;
  for (const auto& entry : (*reader)->entries()) keys.push_back(entry.key);
  return keys;
}

TEST(NestedCheckpointTest, HasACounterOnceItWasSavedItself) {
  FaultFileSystem files;
  Nested saved(files, 3);
  ASSERT_TRUE(IsOk(saved.outer.Save("c")));
  EXPECT_EQ(Keys(files, "c-1"),
            (Strings{"_CHECKPOINTABLE_OBJECT_GRAPH",
                     "inner/v/.ATTRIBUTES/VARIABLE_VALUE",
                     "save_counter/.ATTRIBUTES/VARIABLE_VALUE"}));
  ASSERT_TRUE(IsOk(saved.inner.Save("i")));
  ASSERT_TRUE(IsOk(saved.inner.Save("i")));
  ASSERT_TRUE(IsOk(saved.outer.Save("c")));
  EXPECT_EQ(Keys(files, "c-2"),
            (Strings{"_CHECKPOINTABLE_OBJECT_GRAPH",
                     "inner/save_counter/.ATTRIBUTES/VARIABLE_VALUE",
                     "inner/v/.ATTRIBUTES/VARIABLE_VALUE",
                     "save_counter/.ATTRIBUTES/VARIABLE_VALUE"}));

  Nested restored(files, 0);
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                             restored.outer.Restore("c-2"));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
  EXPECT_EQ(restore.report().restored, Strings{"inner/v"});
  EXPECT_EQ(ValueOf(restored.v), 3);
  EXPECT_EQ(restored.outer.save_counter(), 2);
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string next, restored.inner.Save("i"));
  EXPECT_EQ(next, "i-3");

  // The file knows of no saves of the inner one, which there were.
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore older,
                             restored.outer.Read("c-1"));
  EXPECT_TRUE(IsError(older.AssertExistingObjectsMatched(),
                      Code::kFailedPrecondition, {"(1): inner/save_counter"}));
  EXPECT_EQ(restored.inner.save_counter(), 3);
}

TEST(NestedCheckpointTest, AModelWithinWaitsToBeBuilt) {
  const auto make_model = [](uint64_t seed) {
    auto model = std::make_unique<Sequential>("m");
    model->Add<Dense>({.units = 2});
    EXPECT_TRUE(IsOk(model->set_seed(seed)));
    EXPECT_TRUE(IsOk(model->Compile({.optimizer = "adam", .loss = "mse"})));
    return model;
  };
  const auto train = [](Model& model) {
    Tensor x = Tensor::Zeros({DType::kFloat32, {4, 3}});
    for (int i = 0; i < 12; ++i) x.mutable_values<float>()[i] = 0.1f * i;
    EXPECT_TRUE(IsOk(model.Fit(x, Tensor::Zeros({DType::kFloat32, {4, 2}}),
                               {.epochs = 3, .shuffle = false, .verbose = 0})));
  };
  const auto bits = [](Model& model) {
    const auto snapshot = model.TakeSnapshot({Part::kOptimizer});
    EXPECT_TRUE(IsOk(snapshot));
    return snapshot.ok() ? DescribeSnapshot(*snapshot) : "";
  };
  struct Run {
    Run(Model& model, FaultFileSystem& files)
        : inner({.files = &files}), outer({.files = &files}) {
      EXPECT_TRUE(IsOk(outer.Add("inner", &inner)));
      // What is added later is in the outer one too.
      EXPECT_TRUE(IsOk(inner.Add("model", &model)));
      EXPECT_TRUE(IsOk(inner.AddOptimizer("optimizer", &model)));
    }
    Checkpoint inner, outer;
  };
  FaultFileSystem files;
  const auto from = make_model(1), to = make_model(2);
  Run saved(*from, files), restored(*to, files);
  EXPECT_TRUE(IsError(saved.outer.Save("c"), Code::kFailedPrecondition,
                      {"\"inner/model\""}));
  train(*from);
  ASSERT_TRUE(IsOk(saved.outer.Save("c")));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                             restored.outer.Restore("c-1"));
  EXPECT_EQ(
      restore.report().restored,
      (Strings{"inner/optimizer/iterations", "inner/optimizer/learning_rate"}));
  EXPECT_EQ(restore.waiting().size(), 2u + 4u);
  ASSERT_TRUE(IsOk(to->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
  EXPECT_EQ(bits(*to), bits(*from));
  train(*from);
  train(*to);
  EXPECT_EQ(bits(*to), bits(*from));
}

TEST(NestedCheckpointTest, IsNeverInItself) {
  Checkpoint a, b, c;
  EXPECT_TRUE(IsError(a.Add("me", &a), Code::kInvalidArgument,
                      {"\"me\"", "cannot hold itself"}));
  ASSERT_TRUE(IsOk(a.Add("b", &b)));
  ASSERT_TRUE(IsOk(b.Add("c", &c)));
  EXPECT_TRUE(
      IsError(c.Add("a", &a), Code::kInvalidArgument, {"what holds it"}));
  EXPECT_TRUE(IsError(a.Add("b", &c), Code::kInvalidArgument, {"two objects"}));
}

TEST(NestedCheckpointTest, OneUnderTwoEdgesIsOne) {
  FaultFileSystem files;
  const auto v = MakeVariable(7);
  Checkpoint shared({.files = &files}), both({.files = &files});
  ASSERT_TRUE(IsOk(shared.Add("v", v)));
  ASSERT_TRUE(IsOk(both.Add("x", &shared)));
  ASSERT_TRUE(IsOk(both.Add("y", &shared)));
  ASSERT_TRUE(IsOk(shared.Save("s")));
  ASSERT_TRUE(IsOk(both.Write("c")));
  EXPECT_EQ(Keys(files, "c"),
            (Strings{"_CHECKPOINTABLE_OBJECT_GRAPH",
                     "x/save_counter/.ATTRIBUTES/VARIABLE_VALUE",
                     "x/v/.ATTRIBUTES/VARIABLE_VALUE"}));
  v->mutable_value().mutable_values<float>()[0] = 0;
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore, both.Read("c"));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
  EXPECT_EQ(ValueOf(v), 7);
}

// A layer whose weight "v" has an edge of the test's choice.
class OneWeight : public Layer {
 public:
  OneWeight(std::string edge, Tensor value)
      : Layer("one"), edge_(std::move(edge)), value_(std::move(value)) {}
  absl::string_view class_name() const override { return "OneWeight"; }
  Config GetConfig() const override { return Config::Object(); }

 protected:
  absl::Status Build(absl::Span<const TensorSpec>) override {
    CAIRN_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable,
                           AddWeight({.name = "v",
                                      .shape = value_.shape(),
                                      .initializer = "zeros",
                                      .trainable = false,
                                      .dtype = value_.dtype(),
                                      .edge = edge_}));
    return variable->Assign(value_);
  }
  Values Call(const CallContext&, absl::Span<const Value> inputs) override {
    return inputs[0];
  }

 private:
  const std::string edge_;
  const Tensor value_;
};

std::shared_ptr<Layer> MakeOneWeight(const std::string& edge, Tensor value) {
  auto layer = std::make_shared<OneWeight>(edge, std::move(value));
  EXPECT_TRUE(IsOk(layer->EnsureBuilt({{DType::kFloat32, {kDynamic, 1}}})));
  return layer;
}

TEST(NestedCheckpointTest, ACounterThatCountsNothingChangesNothing) {
  FaultFileSystem files;
  for (const Tensor& bad :
       {Tensor::Scalar<int64_t>(-1), Tensor::Scalar<float>(1)}) {
    Checkpoint hostile({.files = &files});
    ASSERT_TRUE(IsOk(hostile.Add("inner", MakeOneWeight("save_counter", bad))));
    ASSERT_TRUE(IsOk(hostile.Add("w", MakeVariable(5))));
    ASSERT_TRUE(IsOk(hostile.Write("c")));
    Nested restored(files, 1);
    const auto w = MakeVariable(0);
    ASSERT_TRUE(IsOk(restored.outer.Add("w", w)));
    EXPECT_TRUE(IsError(restored.outer.Restore("c").status(), Code::kDataLoss,
                        {"inner/save_counter", "no count"}));
    EXPECT_EQ(ValueOf(w), 0);
    EXPECT_EQ(restored.inner.save_counter(), 0);
  }
}

TEST(NestedCheckpointTest, ACounterWithinIsNoWeight) {
  class OneLayer : public Model {
   public:
    OneLayer() {
      layer_ = std::make_shared<Dense>(Dense::Options{.units = 2});
      EXPECT_TRUE(IsOk(AddChild("head", layer_)));
    }
    absl::string_view class_name() const override { return "OneLayer"; }
    Config GetConfig() const override { return Config::Object(); }

   protected:
    Values Call(const CallContext& context,
                absl::Span<const Value> inputs) override {
      return layer_->Apply(context, inputs);
    }

   private:
    std::shared_ptr<Dense> layer_;
  };
  FaultFileSystem files;
  const auto head = std::make_shared<Dense>(Dense::Options{.units = 2});
  ASSERT_TRUE(IsOk(head->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}}, 1)));
  Checkpoint inner({.files = &files}), outer({.files = &files});
  ASSERT_TRUE(IsOk(inner.Add("head", head)));
  ASSERT_TRUE(IsOk(outer.Add("inner", &inner)));
  ASSERT_TRUE(IsOk(inner.Save("i")));
  ASSERT_TRUE(IsOk(outer.Save("c")));
  OneLayer model;
  ASSERT_TRUE(IsOk(model.EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}}, 2)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             LoadWeights(model, "c-1", {}, {.files = &files}));
  EXPECT_EQ(report.file_child, "inner");
  EXPECT_EQ(report.restored.size(), 2u);
  EXPECT_EQ(BytesOf(model.GetWeights()), BytesOf(head->GetWeights()));
}

// Counts, or refuses to take another count.
class Tally : public Stateful {
 public:
  explicit Tally(int64_t count, bool refuses = false)
      : count_(count), refuses_(refuses) {}
  State SaveState() const override {
    return {Config(Config::Object{{"count", count_}}),
            {{"last", Tensor::Scalar<float>(0.5f * count_)}}};
  }
  absl::Status RestoreState(const State& state) override {
    CAIRN_ASSIGN_OR_RETURN(const int64_t count,
                           state.values.Get<int64_t>("count"));
    if (refuses_ || state.tensors.size() != 1 ||
        state.tensors[0].value.values<float>()[0] != 0.5f * count) {
      return absl::InvalidArgumentError("another count");
    }
    count_ = count;
    return absl::OkStatus();
  }
  int64_t count() const { return count_; }

 private:
  int64_t count_;
  const bool refuses_;
};

TEST(StatefulObjectsTest, AreRestoredWhereverTheyLie) {
  FaultFileSystem files;
  Nested saved(files, 3);
  Tally top(4), within(6);
  ASSERT_TRUE(IsOk(saved.inner.Add("a.b/c", &within)));
  ASSERT_TRUE(IsOk(saved.outer.Add("tally", &top)));
  ASSERT_TRUE(IsOk(saved.outer.Write("c")));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             CheckpointReader::Open("c", files));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Strings states, reader->ListStates());
  EXPECT_EQ(states, (Strings{"user/inner/a..b.Sc", "user/tally"}));

  Nested restored(files, 0);
  Tally new_top(0), new_within(0);
  ASSERT_TRUE(IsOk(restored.inner.Add("a.b/c", &new_within)));
  ASSERT_TRUE(IsOk(restored.outer.Add("tally", &new_top)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                             restored.outer.Restore("c"));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
  EXPECT_EQ(new_top.count(), 4);
  EXPECT_EQ(new_within.count(), 6);

  // The part of a file that fits is taken with its states.
  Checkpoint part({.files = &files});
  Tally part_tally(0);
  ASSERT_TRUE(IsOk(part.Add("v", restored.v)));
  ASSERT_TRUE(IsOk(part.Add("a.b/c", &part_tally)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore of_part, part.Restore("c"));
  EXPECT_EQ(of_part.report().file_child, "inner");
  EXPECT_EQ(part_tally.count(), 6);
  EXPECT_TRUE(IsOk(of_part.AssertExistingObjectsMatched()));
  EXPECT_EQ(of_part.report().unused_states, Strings{"user/tally"});
}

TEST(StatefulObjectsTest, WhatIsLeftOnEitherSideIsSaid) {
  FaultFileSystem files;
  Nested saved(files, 3);
  Tally tally(4);
  ASSERT_TRUE(IsOk(saved.outer.Add("tally", &tally)));
  ASSERT_TRUE(IsOk(saved.outer.Write("c")));
  Nested restored(files, 0);
  testing::internal::CaptureStderr();
  EXPECT_TRUE(IsOk(restored.outer.Restore("c")));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("(1): user/tally"),
            std::string::npos);
  ASSERT_TRUE(IsOk(restored.outer.Add("other", &tally)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                             restored.outer.Restore("c"));
  EXPECT_EQ(restore.report().unused_states, Strings{"user/tally"});
  EXPECT_EQ(restore.report().missing_states, Strings{"user/other"});
  EXPECT_TRUE(IsError(restore.AssertExistingObjectsMatched(),
                      Code::kFailedPrecondition, {"(1): user/other"}));
}

TEST(StatefulObjectsTest, OneThatRefusesChangesNothing) {
  FaultFileSystem files;
  Nested saved(files, 3);
  Tally first(4), second(5);
  ASSERT_TRUE(IsOk(saved.outer.Add("first", &first)));
  ASSERT_TRUE(IsOk(saved.outer.Add("second", &second)));
  ASSERT_TRUE(IsOk(saved.outer.Save("c")));
  Nested restored(files, 0);
  Tally accepts(2), refuses(9, /*refuses=*/true);
  ASSERT_TRUE(IsOk(restored.outer.Add("first", &accepts)));
  ASSERT_TRUE(IsOk(restored.outer.Add("second", &refuses)));
  EXPECT_TRUE(IsError(restored.outer.Restore("c-1").status(),
                      Code::kInvalidArgument,
                      {"\"user/second\"", "another count"}));
  EXPECT_EQ(accepts.count(), 2);
  EXPECT_EQ(ValueOf(restored.v), 0);
  EXPECT_EQ(restored.outer.save_counter(), 0);
}

TEST(StatefulObjectsTest, ARunsObjectsAreFoundByACheckpoint) {
  FaultFileSystem files;
  Tally tally(8);
  Sequential model("m");
  model.Add<Dense>({.units = 2});
  ASSERT_TRUE(IsOk(model.Compile({.optimizer = "sgd", .loss = "mse"})));
  // Saves what a run can go on from.
  class SaveAtEnd : public StatelessCallback {
   public:
    explicit SaveAtEnd(FaultFileSystem& files) : files_(files) {}
    absl::string_view class_name() const override { return "SaveAtEnd"; }
    absl::Status OnEpochEnd(TrainingSession& session, const Logs&) override {
      CAIRN_ASSIGN_OR_RETURN(const Snapshot snapshot,
                             session.TakeSnapshot(AllParts()));
      return WriteSnapshot(snapshot, "run", {.files = &files_});
    }

   private:
    FaultFileSystem& files_;
  };
  SaveAtEnd save(files);
  ASSERT_TRUE(IsOk(model.Fit(
      Tensor::Zeros({DType::kFloat32, {4, 3}}),
      Tensor::Zeros({DType::kFloat32, {4, 2}}),
      {.verbose = 0, .callbacks = {&save}, .state = {{"tally", &tally}}})));
  Tally restored(0);
  Checkpoint checkpoint({.files = &files});
  ASSERT_TRUE(IsOk(checkpoint.Add("model", &model)));
  ASSERT_TRUE(IsOk(checkpoint.AddOptimizer("optimizer", &model)));
  ASSERT_TRUE(IsOk(checkpoint.Add("tally", &restored)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                             checkpoint.Restore("run"));
  EXPECT_TRUE(IsOk(restore.AssertConsumed()));
  EXPECT_EQ(restored.count(), 8);
}

}  // namespace
}  // namespace cairn
