#include "saving/checkpoint_edit.h"

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/named_checkpoint.h"
#include "saving/save.h"
#include "saving/write_bundle.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/format_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;

constexpr char kKernel[] =
    "model/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE";

CheckpointChange Rename(const std::string& from, const std::string& to) {
  return {
      .kind = CheckpointChange::Kind::kRename, .target = from, .new_name = to};
}
CheckpointChange Delete(const std::string& name) {
  return {.kind = CheckpointChange::Kind::kDelete, .target = name};
}
CheckpointChange Add(const std::string& name, Tensor value) {
  return {.kind = CheckpointChange::Kind::kAdd,
          .target = name,
          .value = std::move(value)};
}
CheckpointChange Configure(const std::string& path, Config value) {
  return {.kind = CheckpointChange::Kind::kConfig,
          .target = path,
          .config = std::move(value)};
}
CheckpointChange Set(const std::string& name, Tensor value) {
  return {.kind = CheckpointChange::Kind::kSet,
          .target = name,
          .value = std::move(value)};
}

class CheckpointEditTest : public ::testing::Test {
 protected:
  CheckpointEditTest() {
    files_.Put("run/notes.txt", "");
    EXPECT_TRUE(IsOk(FindFormat("tf")->Write(SmallSnapshot(3), "run/in",
                                             {.files = &files_})));
  }

  absl::Status Edit(const std::vector<CheckpointChange>& changes,
                    const std::string& out = "run/out", bool cast = false,
                    bool reshape = false) {
    return EditCheckpoint(
        "run/in", out, changes,
        {.cast = cast, .reshape = reshape, .save = {.files = &files_}});
  }

  Snapshot Read(const std::string& path = "run/out") {
    const auto snapshot = ReadSnapshot(path, AllParts(), {.files = &files_});
    EXPECT_TRUE(IsOk(snapshot));
    return snapshot.value_or(Snapshot());
  }

  std::vector<TrackableNode> ReadNodes(const std::string& path = "run/out") {
    const auto checkpoint = NamedCheckpoint::Open(path, files_);
    EXPECT_TRUE(IsOk(checkpoint));
    const auto nodes = (*checkpoint)->ReadObjects();
    EXPECT_TRUE(IsOk(nodes));
    return nodes.value_or(std::vector<TrackableNode>());
  }

  FaultFileSystem files_;
};

TEST_F(CheckpointEditTest, NoChangeIsACopy) {
  ASSERT_TRUE(IsOk(Edit({})));
  EXPECT_EQ(DescribeValues(Read()), DescribeValues(SmallSnapshot(3)));
  EXPECT_EQ(ReadNodes(), ReadNodes("run/in"));
}

TEST_F(CheckpointEditTest, ALargeOneLiesInSeveralDataFiles) {
  const auto checkpoint = NamedCheckpoint::Open("run/in", files_);
  ASSERT_TRUE(IsOk(checkpoint));
  int64_t bytes = 0;
  for (const NamedEntry& entry : (*checkpoint)->entries()) {
    bytes += entry.entry.size;
  }
  const SaveOptions save = {.shard_bytes = bytes / 3 + 1, .files = &files_};
  ASSERT_TRUE(IsOk(EditCheckpoint("run/in", "run/out", {}, {.save = save})));
  EXPECT_EQ(files_.Contents().count("run/out.data-00002-of-00003"), 1u);
  EXPECT_EQ(DescribeValues(Read()), DescribeValues(SmallSnapshot(3)));
}

TEST_F(CheckpointEditTest, ADeletedTensorIsGoneFromTheGraphToo) {
  ASSERT_TRUE(IsOk(Edit({Delete("dense/kernel")})));
  const Snapshot snapshot = Read();
  EXPECT_EQ(snapshot.FindTensor("dense/kernel"), nullptr);
  EXPECT_NE(snapshot.FindTensor("m/dense/kernel"), nullptr);
  for (const TrackableNode& node : ReadNodes()) {
    EXPECT_NE(node.checkpoint_key, kKernel);
  }
}

TEST_F(CheckpointEditTest, AReadableNameIsWhatTheVariableIsCalled) {
  ASSERT_TRUE(IsOk(Edit({Rename("dense/kernel", "body/kernel"),
                         Rename("m/dense/kernel", "m/body/kernel")})));
  const Snapshot snapshot = Read();
  EXPECT_NE(snapshot.FindTensor("body/kernel"), nullptr);
  EXPECT_NE(snapshot.FindTensor("m/body/kernel"), nullptr);
  EXPECT_EQ(snapshot.FindTensor("dense/kernel"), nullptr);
  // The objects stay where they are.
  const auto checkpoint = NamedCheckpoint::Open("run/out", files_);
  ASSERT_TRUE(IsOk(checkpoint));
  EXPECT_NE((*checkpoint)->bundle().Find(kKernel), nullptr);
}

TEST_F(CheckpointEditTest, AnObjectMovesWithAllThatIsBelowIt) {
  ASSERT_TRUE(IsOk(Edit({Rename("model/layer_with_weights-0", "optimizer/x.S"),
                         Rename("optimizer/x.S", "body")})));
  const auto checkpoint = NamedCheckpoint::Open("run/out", files_);
  ASSERT_TRUE(IsOk(checkpoint));
  const BundleReader& bundle = (*checkpoint)->bundle();
  EXPECT_EQ(bundle.Find(kKernel), nullptr);
  EXPECT_NE(bundle.Find("body/kernel/.ATTRIBUTES/VARIABLE_VALUE"), nullptr);
  EXPECT_NE(bundle.Find("body/bias/.ATTRIBUTES/VARIABLE_VALUE"), nullptr);
  const std::vector<TrackableNode> nodes = ReadNodes();
  bool has_edge = false, has_key = false;
  for (const auto& [name, child] : nodes[0].children)
    has_edge |= name == "body";
  for (const TrackableNode& node : nodes) {
    has_key |= node.checkpoint_key == "body/kernel/.ATTRIBUTES/VARIABLE_VALUE";
  }
  EXPECT_TRUE(has_edge);
  EXPECT_TRUE(has_key);
}

TEST_F(CheckpointEditTest, AVariableIsMovedByItsKey) {
  ASSERT_TRUE(IsOk(Edit({Rename(
      kKernel, "model/layer_with_weights-0/w/.ATTRIBUTES/VARIABLE_VALUE")})));
  const auto checkpoint = NamedCheckpoint::Open("run/out", files_);
  ASSERT_TRUE(IsOk(checkpoint));
  EXPECT_NE((*checkpoint)
                ->bundle()
                .Find("model/layer_with_weights-0/w/.ATTRIBUTES/"
                      "VARIABLE_VALUE"),
            nullptr);
}

TEST_F(CheckpointEditTest, ExtrasHaveKeysAlone) {
  ASSERT_TRUE(IsOk(Edit({Rename("_CAIRN/state/run", "_CAIRN/state/walk")})));
  EXPECT_EQ(Read().extras.count("walk"), 1u);
  EXPECT_EQ(ReadNodes(), ReadNodes("run/in"));
}

TEST_F(CheckpointEditTest, AValueMustFitUnlessAskedOtherwise) {
  const Tensor doubles = Tensor::FromValues<double>({0.5, 0.25}, {2, 1});
  const Tensor row = Tensor::FromValues<float>({0.5, 0.25}, {1, 2});
  EXPECT_TRUE(IsError(Edit({Set("dense/kernel", doubles)}),
                      Code::kInvalidArgument,
                      {"float32 (2, 1)", "float64 (2, 1)", "--cast"}));
  EXPECT_TRUE(IsError(Edit({Set("dense/kernel", row)}), Code::kInvalidArgument,
                      {"float32 (1, 2)", "--reshape"}));
  EXPECT_EQ(files_.Contents().count("run/out.index"), 0u);
  ASSERT_TRUE(IsOk(Edit({Set("dense/kernel", doubles)}, "run/out",
                        /*cast=*/true)));
  EXPECT_EQ(Read().FindTensor("dense/kernel")->values<float>()[1], 0.25f);
  ASSERT_TRUE(IsOk(Edit({Set(kKernel, row)}, "run/out", /*cast=*/false,
                        /*reshape=*/true)));
  EXPECT_EQ(Read().FindTensor("dense/kernel")->shape(), Shape({2, 1}));
  EXPECT_TRUE(
      IsError(Edit({Set("dense/kernel", Tensor::Zeros({DType::kFloat32, {3}}))},
                   "run/out", true, true),
              Code::kInvalidArgument, {"float32 (3,)"}));
  EXPECT_TRUE(IsError(Edit({Set("_CAIRN/state/run", row)}),
                      Code::kInvalidArgument, {"string"}));
}

TEST_F(CheckpointEditTest, NamesThatAreNotThereOrTakenAreErrors) {
  EXPECT_TRUE(IsError(Edit({Delete("dense/kernl")}), Code::kNotFound,
                      {"run/in", "dense/kernel"}));
  EXPECT_TRUE(IsError(Edit({Rename("dense/kernel", "dense/bias")}),
                      Code::kAlreadyExists, {"dense/bias"}));
  EXPECT_TRUE(IsError(Edit({Rename("model", "optimizer")}),
                      Code::kAlreadyExists, {"optimizer"}));
  EXPECT_TRUE(IsError(Edit({Rename("model", "nowhere/model")}), Code::kNotFound,
                      {"nowhere"}));
  EXPECT_TRUE(
      IsError(Edit({Rename("model", "model/layer_with_weights-0/model")}),
              Code::kInvalidArgument, {"below itself"}));
  EXPECT_TRUE(IsError(Edit({Rename("run/random_counter", "run/x")}),
                      Code::kInvalidArgument,
                      {"_CAIRN/state/run/random_counter"}));
  EXPECT_EQ(files_.Contents().count("run/out.index"), 0u);
}

TEST_F(CheckpointEditTest, ATensorIsAddedToTheObjectThatIsMeant) {
  const Tensor scale = Tensor::FromValues<float>({3, 4, 5}, {3});
  constexpr char kScale[] =
      "model/layer_with_weights-0/scale/.ATTRIBUTES/VARIABLE_VALUE";
  for (const char* name :
       {kScale, "model/layer_with_weights-0/scale", "dense/scale"}) {
    ASSERT_TRUE(IsOk(Edit({Add(name, scale)}))) << name;
    const Snapshot snapshot = Read();
    const Tensor* const added = snapshot.FindTensor("dense/scale");
    ASSERT_NE(added, nullptr) << name;
    EXPECT_EQ(added->values<float>()[2], 5);
    EXPECT_EQ(snapshot.weights->size(), SmallSnapshot(3).weights->size() + 1);
    const auto checkpoint = NamedCheckpoint::Open("run/out", files_);
    ASSERT_TRUE(IsOk(checkpoint));
    EXPECT_NE((*checkpoint)->bundle().Find(kScale), nullptr) << name;
    EXPECT_EQ(ReadNodes().size(), ReadNodes("run/in").size() + 1);
  }
  // The optimizer's variables are called by words alone.
  ASSERT_TRUE(IsOk(Edit({Add("optimizer/decay", scale)})));
  EXPECT_NE(Read().FindTensor("decay"), nullptr);
}

TEST_F(CheckpointEditTest, WhatWasAddedIsChangedLikeAnyOther) {
  ASSERT_TRUE(IsOk(
      Edit({Add("dense/scale", Tensor::Scalar<float>(1)),
            Set("dense/scale", Tensor::Scalar<float>(2)),
            Rename("dense/scale", "dense/gain"), Rename("model", "network")})));
  EXPECT_EQ(Read().FindTensor("dense/gain")->values<float>()[0], 2);
  const auto checkpoint = NamedCheckpoint::Open("run/out", files_);
  ASSERT_TRUE(IsOk(checkpoint));
  EXPECT_NE((*checkpoint)
                ->bundle()
                .Find("network/layer_with_weights-0/scale/.ATTRIBUTES/"
                      "VARIABLE_VALUE"),
            nullptr);
}

TEST_F(CheckpointEditTest, WhatWasDeletedIsAddedInAnotherShape) {
  ASSERT_TRUE(IsOk(
      Edit({Delete("dense/kernel"),
            Add("dense/kernel", Tensor::Zeros({DType::kFloat32, {5, 1}}))})));
  EXPECT_EQ(Read().FindTensor("dense/kernel")->shape(), Shape({5, 1}));
  EXPECT_EQ(ReadNodes(), ReadNodes("run/in"));
}

TEST_F(CheckpointEditTest, StatesAndFilesOfNamesAloneGetKeys) {
  const Tensor value = Tensor::FromValues<float>({1, 2}, {2});
  ASSERT_TRUE(IsOk(Edit({Add("_CAIRN/state/run/more", value)})));
  EXPECT_EQ(Read().extras.at("run").tensors.size(), 2u);
  EXPECT_EQ(ReadNodes(), ReadNodes("run/in"));
  ASSERT_TRUE(IsOk(WriteBundle(
      "run/in", {.files = &files_}, 8,
      [&](BundleWriter& writer) { return writer.AddTensor("a/b", value); })));
  ASSERT_TRUE(IsOk(Edit({Add("c/d", value), Add("e", value)})));
  EXPECT_EQ(Read().weights->size(), 3u);
}

TEST_F(CheckpointEditTest, AKeyThatNoObjectHasIsNotWrittenOver) {
  const Tensor value = Tensor::Scalar<float>(1);
  constexpr char kStray[] =
      "model/layer_with_weights-0/scale/.ATTRIBUTES/VARIABLE_VALUE";
  ASSERT_TRUE(IsOk(Edit({Rename("_CAIRN/state/run/random_counter", kStray)})));
  EXPECT_TRUE(
      IsError(EditCheckpoint("run/out", "run/out", {Add("dense/scale", value)},
                             {.save = {.files = &files_}}),
              Code::kAlreadyExists, {"dense/scale"}));
}

TEST_F(CheckpointEditTest, WhatCannotBeAddedIsAnError) {
  const Tensor value = Tensor::Scalar<float>(1);
  for (const char* taken : {"dense/kernel", kKernel, "model/layer-0", "model",
                            "_CAIRN/architecture"}) {
    EXPECT_TRUE(IsError(Edit({Add(taken, value)}), Code::kAlreadyExists,
                        {"run/in", taken}));
  }
  for (const char* nowhere : {"conv/kernel", "_CAIRN/state/walk/x",
                              "_CAIRN/other", "_CAIRN/state/walk"}) {
    EXPECT_TRUE(
        IsError(Edit({Add(nowhere, value)}), Code::kNotFound, {nowhere, "no "}))
        << nowhere;
  }
  for (const char* spelled : {"model/", "model/a.b", ""}) {
    EXPECT_TRUE(
        IsError(Edit({Add(spelled, value)}), Code::kInvalidArgument, {spelled}))
        << spelled;
  }
  EXPECT_EQ(files_.Contents().count("run/out.index"), 0u);
}

TEST_F(CheckpointEditTest, AConfigGetsAnotherValue) {
  ASSERT_TRUE(IsOk(Edit({Configure("compile.loss", "mae"),
                         Configure("compile.n", Config::List{1, 2}),
                         Configure("compile.n.1", 7),
                         Configure("state/callback.SA..b.x", 0.5)})));
  Snapshot expected = SmallSnapshot(3);
  expected.compile =
      Config(Config::Object{{"loss", "mae"}, {"n", Config::List{1, 7}}});
  expected.extras["callback/A.b"].values = Config::Object{{"x", 0.5}};
  EXPECT_EQ(DescribeValues(Read()), DescribeValues(expected));
  // The other is as it was.
  EXPECT_EQ(DescribeValues(Read("run/in")), DescribeValues(SmallSnapshot(3)));
}

TEST_F(CheckpointEditTest, ALargeArchitectureStaysPacked) {
  Snapshot large = SmallSnapshot(3);
  large.architecture = Config(Config::Object{
      {"class_name", "Sequential"}, {"name", std::string(100000, 'x')}});
  ASSERT_TRUE(
      IsOk(FindFormat("tf")->Write(large, "run/in", {.files = &files_})));
  ASSERT_TRUE(IsOk(Edit({Configure("architecture.class_name", "Model")})));
  large.architecture.Mutable().Set("class_name", "Model");
  EXPECT_EQ(DescribeValues(Read()), DescribeValues(large));
  ASSERT_TRUE(
      IsOk(FindFormat("tf")->Write(large, "run/same", {.files = &files_})));
  const auto edited = BundleReader::Open(files_, "run/out");
  const auto written = BundleReader::Open(files_, "run/same");
  ASSERT_TRUE(IsOk(edited));
  ASSERT_TRUE(IsOk(written));
  EXPECT_EQ((*edited)->Find("_CAIRN/architecture")->masked_crc,
            (*written)->Find("_CAIRN/architecture")->masked_crc);
}

TEST_F(CheckpointEditTest, APathThatIsNotThereIsAnErrorWithWhatIs) {
  const struct {
    const char* path;
    std::initializer_list<absl::string_view> parts;
  } all[] = {
      {"compile.los", {"run/in", "compile", "\"los\"", "loss, n"}},
      {"compile.loss.x", {"\"loss\"", "\"x\"", "single value"}},
      {"compile", {"architecture, compile, state/callback.SA..b, state/run"}},
      {"_CAIRN/compile.n", {"architecture, compile"}},
      {"state/run/random_counter.x", {"state/run"}},
      {"compile.", {"loss, n"}}};
  for (const auto& one : all) {
    EXPECT_TRUE(IsError(Edit({Configure(one.path, 1)}), Code::kInvalidArgument,
                        one.parts))
        << one.path;
  }
  EXPECT_EQ(files_.Contents().count("run/out.index"), 0u);
}

TEST_F(CheckpointEditTest, InPlaceAKillAnywhereLeavesTheOldOrTheNew) {
  const std::vector<CheckpointChange> changes = {
      Set("dense/kernel", Tensor::FromValues<float>({9, 9}, {2, 1}))};
  ASSERT_TRUE(IsOk(Edit({})));
  const std::string before = DescribeValues(SmallSnapshot(3));
  ASSERT_TRUE(IsOk(Edit(changes)));
  const std::string after = DescribeValues(Read());
  ASSERT_NE(before, after);
  const auto contents = files_.Contents();
  // The files after an edit in place that stops after so many operations.
  const auto edit_until = [&](int operation) {
    auto files = std::make_unique<FaultFileSystem>();
    for (const auto& [path, bytes] : contents) {
      if (path.find("run/out") == std::string::npos) files->Put(path, bytes);
    }
    if (operation >= 0) files->StopAfter(operation);
    EditCheckpoint("run/in", "run/in", changes,
                   {.save = {.files = files.get()}})
        .IgnoreError();
    return files;
  };
  const auto operations = static_cast<int>(edit_until(-1)->mutations().size());
  EXPECT_GT(operations, 5);
  for (int operation = 0; operation <= operations; ++operation) {
    const auto killed = edit_until(operation)->AfterKill();
    const auto snapshot =
        ReadSnapshot("run/in", AllParts(), {.files = killed.get()});
    ASSERT_TRUE(IsOk(snapshot)) << operation;
    const std::string found = DescribeValues(*snapshot);
    EXPECT_TRUE(found == before || found == after) << operation;
    if (operation == operations) {
      EXPECT_EQ(found, after);
    }
  }
}

TEST_F(CheckpointEditTest, DamageIsFoundBeforeAnythingCounts) {
  const std::string path = "run/in.data-00000-of-00001";
  std::string content = files_.Contents().at(path);
  content[0] = static_cast<char>(content[0] ^ 1);
  files_.Put(path, content);
  EXPECT_TRUE(IsError(Edit({}), Code::kDataLoss, {path}));
  EXPECT_EQ(files_.Contents().count("run/out.index"), 0u);
}

}  // namespace
}  // namespace cairn
