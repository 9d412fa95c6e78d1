#include "saving/checkpoint_edit.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "saving/named_checkpoint.h"
#include "saving/save.h"
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
