#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/io/file_system.h"
#include "gtest/gtest.h"
#include "saving/codec/packed_text.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/codec/trackable_object_graph.h"
#include "saving/format.h"
#include "saving/staged_write.h"
#include "saving/temporary_name.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/format_contract.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr char kValue[] = "/.ATTRIBUTES/VARIABLE_VALUE";

const Format& TfCheckpoint() { return *FindFormat("tf_checkpoint"); }

absl::Status Write(FaultFileSystem& files, const Snapshot& snapshot,
                   const std::string& prefix = "x") {
  return TfCheckpoint().Write(snapshot, prefix, {.files = &files});
}

std::vector<std::string> Keys(FaultFileSystem& files,
                              const std::string& prefix = "x") {
  std::vector<std::string> keys;
  const auto bundle = BundleReader::Open(files, prefix);
  if (!bundle.ok()) return {bundle.status().ToString()};
  for (const BundleEntry& entry : (*bundle)->entries()) {
    keys.push_back(entry.key);
  }
  return keys;
}

std::vector<std::string> Names(const FaultFileSystem& files) {
  std::vector<std::string> names;
  for (const auto& [path, content] : files.Contents()) names.push_back(path);
  return names;
}

// A bundle with a weight, an object graph and texts under further keys.
void WriteForeign(FaultFileSystem& files,
                  const std::vector<TrackableNode>& nodes,
                  const std::map<std::string, Tensor>& tensors,
                  const std::map<std::string, std::string>& texts = {}) {
  StagedWrite staged({.files = &files});
  WritableFile* const data = *staged.Create(BundleDataPath("x", 0, 1));
  BundleWriter writer(data, 0, 1);
  for (const auto& [key, value] : tensors) {
    ASSERT_TRUE(IsOk(writer.AddTensor(key, value)));
  }
  for (const auto& [key, text] : texts) {
    ASSERT_TRUE(IsOk(writer.AddString(key, text)));
  }
  if (!nodes.empty()) {
    ASSERT_TRUE(IsOk(writer.AddString(std::string(kObjectGraphKey),
                                      EncodeTrackableObjectGraph(nodes))));
  }
  WritableFile* const index = *staged.Create(BundleIndexPath("x"));
  ASSERT_TRUE(IsOk(writer.WriteIndex(index)));
  ASSERT_TRUE(IsOk(staged.Commit()));
}

absl::StatusOr<Snapshot> Read(FaultFileSystem& files,
                              const Parts& parts = AllParts()) {
  const auto reader = TfCheckpoint().Open(files, "x");
  if (!reader.ok()) return reader.status();
  return ReadAll(**reader, parts);
}

TEST(TfCheckpointTest, KeepsWhatEveryFormatPromises) {
  const FormatTrials trials =
      CheckFormat(TfCheckpoint(), SmallSnapshot(3), SmallSnapshot(4));
  RecordProperty("flips", trials.flips);
  RecordProperty("truncations", trials.truncations);
  RecordProperty("failures", trials.failures);
  RecordProperty("kills", trials.kills);
  RecordProperty("power_cuts", trials.power_cuts);
  EXPECT_GT(trials.flips, 8 * 1000);
  EXPECT_GT(trials.truncations, 1000);
  EXPECT_GT(trials.failures, 400);
  EXPECT_GT(trials.kills, 40);
  EXPECT_GT(trials.power_cuts, 300);
  std::printf(
      "%d failed operations, %d kills, %d states after a power cut, %d flipped "
      "bits, %d truncations\n",
      trials.failures, trials.kills, trials.power_cuts, trials.flips,
      trials.truncations);
}

TEST(TfCheckpointTest, KeysAreTensorFlowsAndOursApart) {
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Write(files, SmallSnapshot(1))));
  const auto value = [](absl::string_view path) {
    return absl::StrCat(path, kValue);
  };
  EXPECT_EQ(
      Keys(files),
      (std::vector<std::string>{
          "_CAIRN/architecture", "_CAIRN/compile",
          "_CAIRN/state/callback.SA..b", "_CAIRN/state/callback.SA..b/a.Sb..S",
          "_CAIRN/state/run", "_CAIRN/state/run/random_counter",
          "_CHECKPOINTABLE_OBJECT_GRAPH",
          value("model/layer_with_weights-0/bias"),
          value("model/layer_with_weights-0/kernel"),
          value("optimizer/_iterations"), value("optimizer/_learning_rate"),
          value("optimizer/momentums/0"), value("save_counter")}));
}

TEST(TfCheckpointTest, TheObjectGraphMentionsNothingOfOurs) {
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Write(files, SmallSnapshot(1))));
  const auto bundle = *BundleReader::Open(files, "x");
  const auto text = *bundle->ReadStrings(*bundle->Find(kObjectGraphKey));
  EXPECT_FALSE(absl::StrContains(text[0], "_CAIRN"));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto nodes,
                             DecodeTrackableObjectGraph(text[0]));
  int values = 0;
  for (const TrackableNode& node : nodes) {
    if (node.checkpoint_key.empty()) continue;
    ++values;
    EXPECT_NE(bundle->Find(node.checkpoint_key), nullptr);
  }
  EXPECT_EQ(values, 6);
}

TEST(TfCheckpointTest, WeightsAloneAreTheRootAndNothingElse) {
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Write(files, SmallWeights(1))));
  EXPECT_EQ(Keys(files),
            (std::vector<std::string>{
                "_CHECKPOINTABLE_OBJECT_GRAPH",
                absl::StrCat("layer_with_weights-0/bias", kValue),
                absl::StrCat("layer_with_weights-0/kernel", kValue)}));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot read, Read(files));
  EXPECT_EQ(read.parts, Parts{Part::kWeights});
  EXPECT_EQ(DescribeValues(read), DescribeValues(SmallWeights(1)));
}

TEST(TfCheckpointTest, EqualStateGivesEqualBytes) {
  FaultFileSystem one, two;
  ASSERT_TRUE(IsOk(Write(one, SmallSnapshot(5))));
  ASSERT_TRUE(IsOk(Write(two, SmallSnapshot(5))));
  EXPECT_EQ(one.Contents(), two.Contents());
}

TEST(TfCheckpointTest, ShardCountsAlternateAndOldDataFilesGo) {
  FaultFileSystem files;
  const std::vector<std::string> one = {"x.data-00000-of-00001", "x.index"};
  const std::vector<std::string> two = {"x.data-00000-of-00002",
                                        "x.data-00001-of-00002", "x.index"};
  std::map<std::string, std::string> first;
  for (int save = 0; save < 4; ++save) {
    ASSERT_TRUE(IsOk(Write(files, SmallSnapshot(save))));
    EXPECT_EQ(Names(files), save % 2 == 0 ? one : two);
    CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot read, Read(files));
    EXPECT_EQ(DescribeValues(read), DescribeValues(SmallSnapshot(save)));
  }
}

TEST(TfCheckpointTest, AnySaveAfterAKillLeavesOneBundleAndNoDataOfOthers) {
  for (int earlier = 0; earlier <= 2; ++earlier) {
    for (int number = 0;; ++number) {
      FaultFileSystem first;
      for (int i = 0; i < earlier; ++i) {
        ASSERT_TRUE(IsOk(Write(first, SmallSnapshot(1))));
      }
      const auto files = first.AfterKill();
      files->StopAfter(number);
      Write(*files, SmallSnapshot(2)).IgnoreError();
      const bool all = number > static_cast<int>(files->mutations().size());
      const auto after = files->AfterKill();
      ASSERT_TRUE(IsOk(RemoveLeftovers(*after, ".")));
      ASSERT_TRUE(IsOk(Write(*after, SmallSnapshot(3))));
      const size_t shards = (*BundleReader::Open(*after, "x"))->shard_count();
      EXPECT_EQ(Names(*after).size(), shards + 1)
          << earlier << " earlier, killed after " << number;
      if (all) break;
    }
  }
}

TEST(TfCheckpointTest, ADamagedBundleIsReplaced) {
  FaultFileSystem files;
  files.Put("x.index", "this is no index");
  ASSERT_TRUE(IsOk(Write(files, SmallSnapshot(1))));
  EXPECT_TRUE(IsOk(Read(files)));
}

TEST(TfCheckpointTest, ABundleThatCannotBeReadNowIsNotWrittenOver) {
  FaultFileSystem written;
  ASSERT_TRUE(IsOk(Write(written, SmallSnapshot(1))));
  int failed = 0;
  for (int number = 1;; ++number) {
    const auto files = written.AfterKill();
    files->FailRead(number, absl::UnavailableError("the cable is out"),
                    FaultFileSystem::Repeat::kFromThenOn);
    const absl::Status status = Write(*files, SmallSnapshot(2));
    if (number > files->reads()) break;
    EXPECT_TRUE(
        IsError(status, absl::StatusCode::kUnavailable, {"x", "cable"}));
    EXPECT_EQ(files->Contents(), written.Contents());
    ++failed;
  }
  EXPECT_GE(failed, 3);
}

TEST(TfCheckpointTest, WhatWasReplacedMayBeKeptAsABackup) {
  FaultFileSystem files;
  const SaveOptions options = {.overwrite = Overwrite::kKeepBackup,
                               .files = &files};
  const auto values = [&](const std::string& path, FaultFileSystem& in) {
    const auto reader = TfCheckpoint().Open(in, path);
    if (!reader.ok() || !(*reader)->Verify().ok()) return std::string("none");
    return DescribeValues(*ReadAll(**reader, AllParts()));
  };
  for (int i = 1; i <= 4; ++i) {
    ASSERT_TRUE(IsOk(TfCheckpoint().Write(SmallSnapshot(i), "x", options)));
    EXPECT_EQ(values("x", files), DescribeValues(SmallSnapshot(i)));
    EXPECT_EQ(values("x.backup", files),
              i == 1 ? "none" : DescribeValues(SmallSnapshot(i - 1)));
  }
  // An index and its data of each, and nothing else but an empty data file.
  EXPECT_EQ(files.Contents().size(), 5u);
  // Wherever the power goes, the new or the one before is there, as itself or
  // as the backup.
  const std::string old_values = DescribeValues(SmallSnapshot(4)),
                    new_values = DescribeValues(SmallSnapshot(5));
  const auto before = files.AfterPowerCutLosingAll();
  const auto clean = before->AfterKill();
  ASSERT_TRUE(IsOk(TfCheckpoint().Write(
      SmallSnapshot(5), "x",
      {.overwrite = Overwrite::kKeepBackup, .files = clean.get()})));
  int states = 0;
  for (size_t i = 0; i <= clean->mutations().size(); ++i) {
    const auto stopped = before->AfterKill();
    stopped->StopAfter(static_cast<int>(i));
    TfCheckpoint()
        .Write(SmallSnapshot(5), "x",
               {.overwrite = Overwrite::kKeepBackup, .files = stopped.get()})
        .IgnoreError();
    stopped->ForEachPowerCut(
        [&](FaultFileSystem& after, const std::string& choices) {
          const std::string found = values("x", after);
          EXPECT_TRUE(found == old_values || found == new_values) << choices;
          ++states;
        });
  }
  EXPECT_GT(states, 50);
}

TEST(TfCheckpointTest, AFaultThatPassesIsSurvivedByWritingAnew) {
  for (const bool overwrites : {false, true}) {
    FaultFileSystem before;
    if (overwrites) {
      ASSERT_TRUE(IsOk(Write(before, SmallSnapshot(1))));
    }
    const auto clean = before.AfterKill();
    ASSERT_TRUE(IsOk(Write(*clean, SmallSnapshot(2))));
    int survived = 0;
    const std::vector<std::string> mutations = clean->mutations();
    for (size_t i = 0; i < mutations.size(); ++i) {
      SCOPED_TRACE(mutations[i]);
      const auto files = before.AfterKill();
      files->FailMutation(static_cast<int>(i) + 1,
                          absl::UnavailableError("the cable is out"));
      const absl::Status status = Write(*files, SmallSnapshot(2));
      if (!status.ok()) {
        // The sync after the index was renamed, when nothing may be written
        // again: what was replaced must stay for a power cut to fall back on.
        EXPECT_EQ(mutations[i].find("SyncDirectory"), 0u);
        EXPECT_TRUE(IsError(status, absl::StatusCode::kUnavailable,
                            {"may not outlive a power cut"}));
      } else {
        ++survived;
      }
      const auto read = Read(*files);
      ASSERT_TRUE(IsOk(read));
      EXPECT_EQ(DescribeValues(*read), DescribeValues(SmallSnapshot(2)));
    }
    EXPECT_GT(survived, 8);
  }
}

TEST(TfCheckpointTest, ABundleOfManyShardsIsReplacedByOne) {
  FaultFileSystem files;
  for (int shard = 0; shard < 3; ++shard) {
    files.Put(BundleDataPath("x", shard, 3), "");
  }
  {
    StagedWrite staged({.files = &files});
    BundleWriter writer(*staged.Create(BundleDataPath("x", 1, 3)), 1, 3);
    ASSERT_TRUE(IsOk(writer.AddString("a", "b")));
    ASSERT_TRUE(IsOk(writer.WriteIndex(*staged.Create(BundleIndexPath("x")))));
    ASSERT_TRUE(IsOk(staged.Commit()));
  }
  ASSERT_TRUE(IsOk(Write(files, SmallSnapshot(1))));
  EXPECT_EQ(Names(files),
            (std::vector<std::string>{"x.data-00000-of-00001", "x.index"}));
}

TEST(TfCheckpointTest, ASnapshotWithoutObjectsIsRefused) {
  FaultFileSystem files;
  Snapshot snapshot = SmallSnapshot(1);
  snapshot.objects = ObjectGraph();
  EXPECT_TRUE(IsError(Write(files, snapshot),
                      absl::StatusCode::kInvalidArgument, {"x", "objects"}));
  EXPECT_TRUE(files.Contents().empty());
}

TEST(TfCheckpointTest, PartsThatWereReadAloneCanBeWritten) {
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Write(files, SmallSnapshot(1))));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot weights,
                             Read(files, {Part::kWeights}));
  ASSERT_TRUE(IsOk(Write(files, weights, "y")));
  for (const std::string& key : Keys(files, "y")) {
    EXPECT_FALSE(absl::StartsWith(key, "optimizer")) << key;
  }
}

TEST(TfCheckpointTest, AFileOfNamesAloneIsReadAsWeights) {
  FaultFileSystem files;
  WriteForeign(files, {},
               {{"conv/kernel", Tensor::Scalar<float>(1)},
                {"global_step", Tensor::Scalar<int64_t>(2)}});
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot read, Read(files));
  ASSERT_EQ(read.weights->size(), 2u);
  EXPECT_EQ((*read.weights)[0].name, "conv/kernel");
  EXPECT_EQ((*read.weights)[1].name, "global_step");
  EXPECT_TRUE(read.objects->nodes.empty());
}

// A chain of `depth` objects with a variable at its end and, if asked for, an
// edge back to the root from each.
std::vector<TrackableNode> Chain(int depth, bool back) {
  std::vector<TrackableNode> nodes(depth + 1);
  for (int i = 0; i < depth; ++i) {
    nodes[i].children.emplace_back("next", i + 1);
    if (back) nodes[i].children.emplace_back("root", 0);
    if (back) nodes[i].children.emplace_back("self", i);
  }
  nodes[depth].checkpoint_key = "v";
  return nodes;
}

TEST(TfCheckpointTest, ChainsAndCirclesOfObjectsAreReadAndWritten) {
  for (const bool back : {false, true}) {
    FaultFileSystem files;
    WriteForeign(files, Chain(20000, back), {{"v", Tensor::Scalar<float>(3)}});
    CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot read, Read(files));
    ASSERT_EQ(read.weights->size(), 1u);
    EXPECT_EQ((*read.weights)[0].name, "v");
    ASSERT_TRUE(IsOk(Write(files, read)));
    CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot again, Read(files));
    ASSERT_EQ(again.weights->size(), 1u);
    EXPECT_EQ((*again.weights)[0].value.values<float>()[0], 3);
  }
}

TEST(TfCheckpointTest, CirclesOfModelsAreReadAndWritten) {
  FaultFileSystem files;
  std::vector<TrackableNode> nodes(4);
  nodes[0].children = {{"model", 1}, {"root", 0}};
  nodes[1].children = {{"layer-0", 2}, {"layer-1", 1}, {"layer-2", 3}};
  nodes[2].children = {{"layer-0", 1}, {"kernel", 3}, {"_kernel", 3}};
  nodes[3].checkpoint_key = "v";
  WriteForeign(files, nodes, {{"v", Tensor::Scalar<float>(3)}});
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot read, Read(files));
  ASSERT_TRUE(IsOk(Write(files, read)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot again, Read(files));
  EXPECT_EQ(again.weights->size(), 1u);
}

TEST(TfCheckpointTest, AValueThatManyNodesNameIsReadOnce) {
  FaultFileSystem files;
  std::vector<TrackableNode> nodes(2001);
  for (int i = 1; i <= 2000; ++i) {
    nodes[0].children.emplace_back(absl::StrCat("w", i), i);
    nodes[i].checkpoint_key = "v";
    nodes[i].full_name = absl::StrCat("name", i);
  }
  WriteForeign(files, nodes, {{"v", Tensor::Scalar<float>(3)}});
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot read, Read(files));
  ASSERT_EQ(read.weights->size(), 1u);
  EXPECT_EQ((*read.weights)[0].name, "name1");
  // All lead to it.
  for (const ObjectGraph::Node& node : read.objects->nodes) {
    if (node.kind != ObjectGraph::Kind::kVariable) continue;
    EXPECT_EQ(node.tensor, "name1");
  }
}

TEST(TfCheckpointTest, ManyModelsWithOneListOfLayersTakeItOnce) {
  FaultFileSystem files;
  // A thousand models that name one list of a thousand layers.
  constexpr int kCount = 1000;
  std::vector<TrackableNode> nodes(2 * kCount + 2);
  const int list = 2 * kCount + 1;
  for (int i = 0; i < kCount; ++i) {
    nodes[0].children.emplace_back(absl::StrCat("m", i), i + 1);
    nodes[i + 1].children.emplace_back("_operations", list);
    nodes[list].children.emplace_back(absl::StrCat(i), kCount + 1 + i);
  }
  WriteForeign(files, nodes, {});
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             TfCheckpoint().Open(files, "x"));
  size_t edges = 0;
  for (const ObjectGraph::Node& node : reader->objects().nodes) {
    edges += node.edges.size();
  }
  EXPECT_LT(edges, 4u * kCount);
}

TEST(TfCheckpointTest, AVariableWithoutAValueIsNoTensor) {
  FaultFileSystem files;
  std::vector<TrackableNode> nodes(3);
  nodes[0].children = {{"a", 1}, {"b", 2}};
  nodes[1].checkpoint_key = "absent";
  nodes[2].checkpoint_key = "v";
  WriteForeign(files, nodes, {{"v", Tensor::Scalar<float>(3)}});
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot read, Read(files));
  EXPECT_EQ(read.weights->size(), 1u);
}

TEST(TfCheckpointTest, AnObjectGraphThatCannotBeReadIsDataLoss) {
  for (const std::string text : {"", "\xff\xff\xff"}) {
    FaultFileSystem files;
    WriteForeign(files, {}, {}, {{std::string(kObjectGraphKey), text}});
    EXPECT_TRUE(IsError(TfCheckpoint().Open(files, "x").status(),
                        absl::StatusCode::kDataLoss, {"x", "object graph"}));
  }
  FaultFileSystem files;
  WriteForeign(files, {},
               {{std::string(kObjectGraphKey), Tensor::Scalar<float>(3)}});
  EXPECT_FALSE(TfCheckpoint().Open(files, "x").ok());
}

TEST(TfCheckpointTest, DamagedJsonIsDataLossWithTheEntry) {
  const std::string deep(5000, '[');
  for (const std::string& json :
       {std::string("{"), std::string(), deep, std::string("{\"a\": 1} x")}) {
    for (const char* key :
         {"_CAIRN/architecture", "_CAIRN/compile", "_CAIRN/state/run"}) {
      FaultFileSystem files;
      WriteForeign(files, Chain(1, false), {{"v", Tensor::Scalar<float>(3)}},
                   {{key, json}});
      EXPECT_TRUE(IsError(Read(files).status(), absl::StatusCode::kDataLoss,
                          {"x", key}));
      // The weights are there all the same.
      if (absl::StartsWith(key, "_CAIRN/state")) continue;
      EXPECT_TRUE(IsOk(Read(files, {Part::kWeights})));
    }
  }
}

TEST(TfCheckpointTest, ALargeArchitectureIsPacked) {
  Snapshot snapshot = SmallSnapshot(1);
  snapshot.architecture =
      Config(Config::Object{{"name", std::string(100'000, 'a')}});
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Write(files, snapshot)));
  const auto bundle = BundleReader::Open(files, "x");
  ASSERT_TRUE(IsOk(bundle.status()));
  EXPECT_LT((*bundle)->Find("_CAIRN/architecture")->size, 1000);
  const auto read = Read(files);
  ASSERT_TRUE(IsOk(read.status()));
  EXPECT_TRUE(*read->architecture == *snapshot.architecture);
}

TEST(TfCheckpointTest, OnlyTheArchitectureMayBePacked) {
  const std::string packed = PackText(
      Config(Config::Object{{"name", std::string(100'000, 'a')}}).ToJson());
  const auto read = [&](const char* key, const std::string& text) {
    FaultFileSystem files;
    WriteForeign(files, Chain(1, false), {{"v", Tensor::Scalar<float>(3)}},
                 {{key, text}});
    return Read(files).status();
  };
  EXPECT_TRUE(IsOk(read("_CAIRN/architecture", packed)));
  EXPECT_TRUE(IsError(
      read("_CAIRN/architecture", packed.substr(0, packed.size() - 1)),
      absl::StatusCode::kDataLoss, {"x", "_CAIRN/architecture", "cut off"}));
  for (const char* key : {"_CAIRN/compile", "_CAIRN/state/run"}) {
    EXPECT_TRUE(
        IsError(read(key, packed), absl::StatusCode::kDataLoss, {"x", key}));
  }
}

TEST(TfCheckpointTest, AnEntryOfOursThatIsNoTextIsDataLoss) {
  FaultFileSystem files;
  WriteForeign(files, Chain(1, false),
               {{"v", Tensor::Scalar<float>(3)},
                {"_CAIRN/state/run", Tensor::Scalar<float>(3)}});
  EXPECT_TRUE(IsError(Read(files).status(), absl::StatusCode::kDataLoss,
                      {"x", "_CAIRN/state/run"}));
}

TEST(TfCheckpointTest, ErrorsOfWritingNameTheCheckpoint) {
  FaultFileSystem files;
  files.FailMutation(1, absl::PermissionDeniedError("not yours"));
  EXPECT_TRUE(IsError(Write(files, SmallSnapshot(1), "absent/x"),
                      absl::StatusCode::kPermissionDenied,
                      {"saving absent/x", "not yours"}));
}

TEST(TfCheckpointTest, ObjectsThatCannotBeWrittenAreRefused) {
  using Kind = ObjectGraph::Kind;
  const std::unique_ptr<SnapshotWriter> writer = TfCheckpoint().NewWriter();
  FaultFileSystem files;
  Snapshot two_of_one_key;
  two_of_one_key.weights = std::vector<NamedTensor>{
      {"v", Tensor::Scalar<float>(1)}, {"w", Tensor::Scalar<float>(2)}};
  two_of_one_key.objects.Mutable().nodes = {
      {.edges = {{"a", 1}, {"a", 2}}},
      {.kind = Kind::kVariable, .tensor = "v"},
      {.kind = Kind::kVariable, .tensor = "w"}};
  Snapshot without_value;
  without_value.objects.Mutable().nodes = {
      {.kind = Kind::kVariable, .tensor = "w"}};
  // Nothing is kept of one that was refused.
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(IsError(writer->Write(two_of_one_key, "x", {.files = &files}),
                        absl::StatusCode::kAlreadyExists,
                        {"saving x: ", "\"a/.ATTRIBUTES/VARIABLE_VALUE\""}));
    EXPECT_TRUE(IsError(writer->Write(without_value, "x", {.files = &files}),
                        absl::StatusCode::kInvalidArgument,
                        {"saving x: ", "has no tensor \"w\""}));
  }
  EXPECT_EQ(Names(files), std::vector<std::string>());
  ASSERT_TRUE(IsOk(writer->Write(SmallSnapshot(1), "x", {.files = &files})));
  ASSERT_TRUE(IsOk(Write(files, SmallSnapshot(1), "y")));
  EXPECT_EQ(Keys(files, "x"), Keys(files, "y"));
}

TEST(TfCheckpointTest, ADataFileThatIsMissingIsNamed) {
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(Write(files, SmallSnapshot(1))));
  ASSERT_TRUE(IsOk(files.Remove("x.data-00000-of-00001")));
  EXPECT_TRUE(IsError(TfCheckpoint().Open(files, "x").status(),
                      absl::StatusCode::kNotFound, {"x.data-00000-of-00001"}));
}

}  // namespace
}  // namespace cairn
