#include "saving/save.h"

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/model/input_layer.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "optimizers/adam.h"
#include "optimizers/sgd.h"
#include "saving/checkpoint_directory.h"
#include "saving/codec/tensor_bundle.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/format_contract.h"
#include "tests/support/mlp3.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;

struct ModelOptions {
  int64_t units = 3;
  std::string name = "a";
  bool has_input = true;
  uint64_t seed = 1;
};

std::unique_ptr<Sequential> MakeModel(const ModelOptions& options = {}) {
  auto model = std::make_unique<Sequential>("s");
  if (options.has_input) model->Add<InputLayer>({.shape = {4}});
  model->Add<Dense>({.units = options.units, .name = options.name});
  model->Add<Dense>({.units = 2, .name = "b"});
  EXPECT_TRUE(IsOk(model->set_seed(options.seed)));
  return model;
}

void Compile(Model& model) {
  ASSERT_TRUE(IsOk(model.Compile(
      {.optimizer = Adam({.learning_rate = 0.1}), .loss = "mse"})));
}

// One step on the same few numbers each time.
double Train(Model& model) {
  Tensor x = Tensor::Zeros({DType::kFloat32, {5, 4}});
  for (int i = 0; i < 20; ++i) {
    x.mutable_values<float>()[i] = 0.25f * static_cast<float>(i % 7) - 0.5f;
  }
  const Tensor y = Tensor::Zeros({DType::kFloat32, {5, 2}});
  const auto logs =
      model.TrainOnBatch({.inputs = {{"", x}}, .targets = {{"", y}}});
  EXPECT_TRUE(IsOk(logs));
  return FindLog(*logs, "loss");
}

std::string Values(Model& model) {
  const auto snapshot = model.TakeSnapshot(AllParts());
  EXPECT_TRUE(IsOk(snapshot));
  return DescribeValues(*snapshot);
}

std::vector<std::string> Names(const FaultFileSystem& files) {
  std::vector<std::string> names;
  for (const auto& [path, content] : files.Contents()) names.push_back(path);
  return names;
}

TEST(SaveWeightsTest, WritesACheckpointAndItsNameAndMakesFolders) {
  FaultFileSystem files;
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(SaveWeights(*model, "some/new/w", {.files = &files})));
  EXPECT_EQ(Names(files),
            (std::vector<std::string>{"some/new/checkpoint",
                                      "some/new/w.data-00000-of-00001",
                                      "some/new/w.index"}));
  EXPECT_EQ(
      files.Contents()["some/new/checkpoint"],
      "model_checkpoint_path: \"w\"\nall_model_checkpoint_paths: \"w\"\n");
}

TEST(SaveWeightsTest, TheFileSystemIsTheMachinesUnlessOneIsGiven) {
  std::string root = JoinPath(::testing::TempDir(), "save_XXXXXX");
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  const auto model = MakeModel();
  // A path object is a path too.
  const std::filesystem::path path = std::filesystem::path(root) / "w.ckpt";
  ASSERT_TRUE(IsOk(SaveWeights(*model, path)));
  EXPECT_TRUE(std::filesystem::exists(path.string() + ".index"));
  const auto other = MakeModel({.seed = 2});
  EXPECT_TRUE(IsOk(LoadWeights(*other, path)));
  EXPECT_EQ(Values(*other), Values(*model));
  EXPECT_TRUE(IsOk(VerifySnapshot(path)));
  std::filesystem::remove_all(root);
}

TEST(SaveWeightsTest, SuffixesOfOtherFilesAreRefused) {
  FaultFileSystem files;
  const auto model = MakeModel();
  for (const char* suffix : {".h5", ".hdf5", ".keras", ".json", ".index"}) {
    EXPECT_TRUE(IsError(
        SaveWeights(*model, absl::StrCat("run/w", suffix), {.files = &files}),
        Code::kInvalidArgument, {absl::StrCat("run/w", suffix), suffix}));
  }
  EXPECT_TRUE(files.mutations().empty());
  // Keras 2's own tutorials use this one, for checkpoints.
  EXPECT_TRUE(IsOk(SaveWeights(*model, "w.ckpt", {.files = &files})));
}

TEST(SaveWeightsTest, FormatsHaveTwoNamesAndOthersAreRefused) {
  FaultFileSystem files;
  const auto model = MakeModel();
  for (const char* format : {"", "tf", "tf_checkpoint"}) {
    EXPECT_TRUE(
        IsOk(SaveWeights(*model, "w", {.format = format, .files = &files})));
  }
  EXPECT_TRUE(
      IsError(SaveWeights(*model, "w", {.format = "h6", .files = &files}),
              Code::kInvalidArgument, {"h6", "tf_checkpoint"}));
}

TEST(SaveWeightsTest, APathWithoutANameIsRefused) {
  FaultFileSystem files;
  const auto model = MakeModel();
  for (const char* path : {"", "run/", "/"}) {
    EXPECT_TRUE(IsError(
        SaveWeights(*model, path, {.files = &files}), Code::kInvalidArgument,
        {absl::StrCat("\"", path, "\""), absl::StrCat(path, "weights")}));
  }
  EXPECT_TRUE(files.mutations().empty());
}

TEST(SaveWeightsTest, WhatIsThereIsReplacedOrKept) {
  FaultFileSystem files;
  const auto model = MakeModel();
  const SaveOptions keep = {.overwrite = Overwrite::kFail, .files = &files};
  ASSERT_TRUE(IsOk(SaveWeights(*model, "run/w", keep)));
  const auto before = files.Contents();
  const auto other = MakeModel({.seed = 2});
  EXPECT_TRUE(IsError(SaveWeights(*other, "run/w", keep), Code::kAlreadyExists,
                      {"run/w"}));
  EXPECT_EQ(files.Contents(), before);
  // Not being able to look is no leave to replace.
  for (int number = 1; number <= 3; ++number) {
    files.FailRead(files.reads() + number, absl::UnavailableError("no"));
    EXPECT_FALSE(SaveWeights(*other, "run/w", keep).ok());
    EXPECT_EQ(files.Contents(), before);
  }
  const auto unbroken = files.AfterKill();
  ASSERT_TRUE(IsOk(SaveWeights(*other, "run/w", {.files = unbroken.get()})));
  ASSERT_TRUE(IsOk(LoadWeights(*model, "run/w", {}, {unbroken.get()})));
  EXPECT_EQ(Values(*model), Values(*other));
}

TEST(SaveWeightsTest, AModelThatIsNotBuiltIsToldSo) {
  FaultFileSystem files;
  const auto model = MakeModel({.has_input = false});
  EXPECT_EQ(SaveWeights(*model, "w", {.files = &files}).code(),
            Code::kFailedPrecondition);
  EXPECT_TRUE(files.mutations().empty());
  ASSERT_TRUE(IsOk(SaveWeights(*MakeModel(), "w", {.files = &files})));
  EXPECT_EQ(LoadWeights(*model, "w", {}, {&files}).status().code(),
            Code::kFailedPrecondition);
}

TEST(SaveWeightsTest, WithoutSyncNothingIsSynced) {
  FaultFileSystem files;
  ASSERT_TRUE(
      IsOk(SaveWeights(*MakeModel(), "run/w",
                       {.durability = Durability::kNone, .files = &files})));
  for (const std::string& mutation : files.mutations()) {
    EXPECT_FALSE(absl::StartsWith(mutation, "Sync")) << mutation;
  }
}

TEST(SaveWeightsTest, AnErrorAtAnyOperationIsReturned) {
  const auto model = MakeModel();
  FaultFileSystem clean;
  ASSERT_TRUE(IsOk(SaveWeights(*model, "run/w", {.files = &clean})));
  const int last = static_cast<int>(clean.mutations().size());
  for (int number = 1; number <= last; ++number) {
    FaultFileSystem files;
    files.FailMutation(number, absl::ResourceExhaustedError("full"));
    EXPECT_TRUE(IsError(SaveWeights(*model, "run/w", {.files = &files}),
                        Code::kResourceExhausted, {"full"}))
        << clean.mutations()[number - 1];
  }
}

TEST(LoadWeightsTest, PutsBackWhatWasSaved) {
  FaultFileSystem files;
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(SaveWeights(*model, "run/w", {.files = &files})));
  for (const char* path : {"run/w", "run/w.index", "run", "run/"}) {
    const auto other = MakeModel({.seed = 2});
    EXPECT_NE(Values(*other), Values(*model));
    CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                               LoadWeights(*other, path, {}, {&files}));
    EXPECT_EQ(report.match, Match::kObjects);
    EXPECT_EQ(
        report.restored,
        (std::vector<std::string>{"a/kernel", "a/bias", "b/kernel", "b/bias"}));
    EXPECT_EQ(Values(*other), Values(*model));
  }
}

TEST(LoadWeightsTest, KindsOfModelsExchangeFilesWhereNamesAgree) {
  for (const std::string& from_kind : Mlp3Kinds()) {
    FaultFileSystem files;
    const auto from = MakeMlp3(from_kind, 1);
    ASSERT_TRUE(IsOk(SaveWeights(*from, "w", {.files = &files})));
    for (const std::string& to_kind : Mlp3Kinds()) {
      SCOPED_TRACE(absl::StrCat("from ", from_kind, " to ", to_kind));
      const auto to = MakeMlp3(to_kind, 2);
      ASSERT_NE(BytesOf(to->GetWeights()), BytesOf(from->GetWeights()));
      CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                                 LoadWeights(*to, "w", {}, {.files = &files}));
      EXPECT_EQ(report.match,
                from_kind == to_kind ? Match::kObjects : Match::kNames);
      EXPECT_EQ(report.restored,
                (std::vector<std::string>{
                    "dense_1/kernel", "dense_1/bias", "dense_2/kernel",
                    "dense_2/bias", "predictions/kernel", "predictions/bias"}));
      EXPECT_EQ(BytesOf(to->GetWeights()), BytesOf(from->GetWeights()));
    }
  }
}

TEST(LoadWeightsTest, KindsOfModelsExchangeFilesByRenames) {
  for (const std::string& from_kind : Mlp3Kinds()) {
    FaultFileSystem files;
    const auto from = MakeMlp3(from_kind, 1, {"a", "b", "c"});
    ASSERT_TRUE(IsOk(SaveWeights(*from, "w", {.files = &files})));
    for (const std::string& to_kind : Mlp3Kinds()) {
      SCOPED_TRACE(absl::StrCat("from ", from_kind, " to ", to_kind));
      const auto to = MakeMlp3(to_kind, 2);
      CAIRN_ASSERT_OK_AND_ASSIGN(
          const RestoreReport report,
          LoadWeights(*to, "w",
                      {.renames = {{"a", "dense_1"},
                                   {"b", "dense_2"},
                                   {"c", "predictions"}}},
                      {.files = &files}));
      EXPECT_EQ(report.match, Match::kNames);
      EXPECT_EQ(report.renamed.at("c/bias"), "predictions/bias");
      EXPECT_EQ(BytesOf(to->GetWeights()), BytesOf(from->GetWeights()));
    }
  }
}

TEST(LoadWeightsTest, ACheckpointGoesBeforeAFolderOfItsName) {
  FaultFileSystem files;
  files.Put("run/w/notes.txt", "");
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(SaveWeights(*model, "run/w", {.files = &files})));
  const auto other = MakeModel({.seed = 2});
  EXPECT_TRUE(IsOk(LoadWeights(*other, "run/w", {}, {&files})));
  EXPECT_EQ(Values(*other), Values(*model));
}

TEST(LoadWeightsTest, AnotherArchitectureListsThePathsAndChangesNothing) {
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(SaveWeights(*MakeModel(), "w", {.files = &files})));
  const auto wider = MakeModel({.units = 7});
  const std::string before = Values(*wider);
  EXPECT_TRUE(IsError(LoadWeights(*wider, "w", {}, {&files}),
                      Code::kInvalidArgument,
                      {"w: ", "another architecture", "a/kernel", "(4, 7)",
                       "(4, 3)", "a/bias", "b/kernel"}));
  EXPECT_EQ(Values(*wider), before);
  auto longer = MakeModel();
  longer->Add<Dense>({.units = 2, .name = "c"});
  const std::string longer_before = Values(*longer);
  EXPECT_TRUE(IsError(LoadWeights(*longer, "w", {}, {&files}),
                      Code::kInvalidArgument,
                      {"the model has, the file lacks (2): c/kernel, c/bias"}));
  EXPECT_EQ(Values(*longer), longer_before);
  ASSERT_TRUE(IsOk(SaveWeights(*longer, "longer", {.files = &files})));
  EXPECT_TRUE(IsError(LoadWeights(*MakeModel(), "longer", {}, {&files}),
                      Code::kInvalidArgument,
                      {"the file has, the model lacks (2): c/kernel, c/bias"}));
}

TEST(LoadWeightsTest, TheOptimizerComesBackWhereFileAndModelHaveIt) {
  FaultFileSystem files;
  const auto model = MakeModel();
  Compile(*model);
  Train(*model);
  Train(*model);
  ASSERT_TRUE(IsOk(SaveWeights(*model, "weights", {.files = &files})));
  ASSERT_TRUE(IsOk(SaveWeights(*model, "all",
                               {.include_optimizer = true, .files = &files})));
  const std::string values = Values(*model);
  const double next = Train(*model), third = Train(*model);

  const auto resumed = MakeModel({.seed = 2});
  Compile(*resumed);
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport report,
                             LoadWeights(*resumed, "all", {}, {&files}));
  EXPECT_EQ(report.restored.size(), 4u + 2 + 2 * 4);
  EXPECT_EQ(Values(*resumed), values);
  EXPECT_EQ(Train(*resumed), next);
  EXPECT_EQ(Train(*resumed), third);

  // The optimizer's part stays what it is.
  const auto anew = MakeModel({.seed = 2});
  Compile(*anew);
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport weights,
                             LoadWeights(*anew, "weights", {}, {&files}));
  EXPECT_EQ(weights.restored.size(), 4u);
  EXPECT_EQ(Train(*anew), next);
  EXPECT_NE(Train(*anew), third);

  // Nothing asks for it before Compile().
  const auto uncompiled = MakeModel({.seed = 2});
  CAIRN_ASSERT_OK_AND_ASSIGN(const RestoreReport before,
                             LoadWeights(*uncompiled, "all", {}, {&files}));
  EXPECT_EQ(before.restored.size(), 4u);
}

TEST(LoadWeightsTest, AnotherOptimizerIsAnErrorAndChangesNothing) {
  FaultFileSystem files;
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(model->Compile({.optimizer = SGD(), .loss = "mse"})));
  Train(*model);
  ASSERT_TRUE(IsOk(SaveWeights(*model, "all",
                               {.include_optimizer = true, .files = &files})));
  const auto other = MakeModel({.seed = 2});
  Compile(*other);
  Train(*other);
  const std::string before = Values(*other);
  EXPECT_TRUE(IsError(LoadWeights(*other, "all", {}, {&files}),
                      Code::kInvalidArgument, {"all", "Adam", "m/a/kernel"}));
  EXPECT_EQ(Values(*other), before);
}

TEST(LoadWeightsTest, ATrainingCheckpointIsReadToo) {
  FaultFileSystem files;
  const auto model = MakeModel();
  Compile(*model);
  Train(*model);
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot snapshot,
                             model->TakeSnapshot(AllParts()));
  ASSERT_TRUE(IsOk(WriteSnapshot(snapshot, "run/ckpt-1", {.files = &files})));
  // WriteSnapshot() leaves the folder's file alone.
  EXPECT_EQ(files.Contents().count("run/checkpoint"), 0u);
  const auto other = MakeModel({.seed = 2});
  Compile(*other);
  ASSERT_TRUE(IsOk(LoadWeights(*other, "run", {}, {&files})));
  EXPECT_EQ(Values(*other), Values(*model));
}

TEST(LoadWeightsTest, DamageIsNamedAndChangesNothing) {
  FaultFileSystem files;
  const auto model = MakeModel();
  ASSERT_TRUE(IsOk(SaveWeights(*model, "w", {.files = &files})));
  const std::string before = Values(*model);
  EXPECT_TRUE(IsError(LoadWeights(*model, "v", {}, {&files}), Code::kNotFound,
                      {"v.index"}));
  std::string data = files.Contents()["w.data-00000-of-00001"];
  data[5] = static_cast<char>(data[5] ^ 1);
  files.Put("w.data-00000-of-00001", data);
  EXPECT_TRUE(IsError(LoadWeights(*model, "w", {}, {&files}), Code::kDataLoss,
                      {"bias", "w.data-00000-of-00001"}));
  EXPECT_TRUE(IsError(VerifySnapshot("w", {&files}), Code::kDataLoss,
                      {"w.data-00000-of-00001"}));
  EXPECT_EQ(Values(*model), before);
}

TEST(LoadWeightsTest, AnErrorOfReadingChangesNothing) {
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(SaveWeights(*MakeModel(), "w", {.files = &files})));
  const std::string before = Values(*MakeModel({.seed = 2}));
  int failed = 0;
  for (int number = 1;; ++number) {
    const auto model = MakeModel({.seed = 2});
    const auto again = files.AfterKill();
    again->FailRead(number, absl::UnavailableError("no"));
    const absl::Status status =
        LoadWeights(*model, "w", {}, {again.get()}).status();
    // Not being able to look whether it is a checkpoint or a folder is made up
    // for by opening it.
    EXPECT_EQ(Values(*model) == before, !status.ok());
    failed += status.ok() ? 0 : 1;
    if (number > again->reads()) break;
  }
  EXPECT_GE(failed, 6);
}

TEST(ReadSnapshotTest, ReadsThePartsAskedFor) {
  FaultFileSystem files;
  ASSERT_TRUE(IsOk(WriteSnapshot(SmallSnapshot(3), "x", {.files = &files})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot weights,
                             ReadSnapshot("x", {Part::kWeights}, {&files}));
  EXPECT_EQ(weights.parts, Parts{Part::kWeights});
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot all,
                             ReadSnapshot("x.index", AllParts(), {&files}));
  EXPECT_EQ(DescribeValues(all), DescribeValues(SmallSnapshot(3)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader, OpenSnapshot("x", {&files}));
  EXPECT_EQ(reader->format(), "tf_checkpoint");
  EXPECT_TRUE(IsOk(VerifySnapshot("x", {&files})));
}

TEST(CheckSavePathTest, SaysWhatSavingWouldSayAndTouchesNothing) {
  FaultFileSystem files;
  EXPECT_TRUE(IsOk(CheckSavePath("absent/w", {.files = &files})));
  EXPECT_TRUE(IsError(CheckSavePath("w.h5", {.files = &files}),
                      Code::kInvalidArgument, {"w.h5"}));
  EXPECT_TRUE(IsError(CheckSavePath("w", {.format = "h6", .files = &files}),
                      Code::kInvalidArgument, {"h6"}));
  EXPECT_TRUE(files.mutations().empty());
  EXPECT_EQ(files.reads(), 0);
}

TEST(ShardBytesTest, ALargerStateHasMoreDataFilesAndIsTheSame) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  const Snapshot snapshot = SmallSnapshot(1);
  const auto counts = [&](const std::string& prefix) {
    return (*BundleReader::Open(files, prefix))->shard_count();
  };
  // 56 bytes of tensors, and texts.
  for (const auto& [bytes, count] :
       std::map<int64_t, int>{{1 << 30, 1}, {20, 3}, {1, 56}}) {
    const std::string prefix = absl::StrCat("run/of-", bytes);
    for (int save = 0; save < 3; ++save) {
      ASSERT_TRUE(IsOk(WriteSnapshot(snapshot, prefix,
                                     {.shard_bytes = bytes, .files = &files})));
      EXPECT_EQ(counts(prefix), save == 1 ? count + 1 : count);
      CAIRN_ASSERT_OK_AND_ASSIGN(
          const Snapshot read,
          ReadSnapshot(prefix, AllParts(), {.files = &files}));
      EXPECT_EQ(DescribeValues(read), DescribeValues(snapshot));
      EXPECT_TRUE(IsOk(VerifySnapshot(prefix, {.files = &files})));
    }
  }
  const auto bundle = *BundleReader::Open(files, "run/of-20");
  std::set<int> used;
  for (const BundleEntry& entry : bundle->entries()) used.insert(entry.shard);
  EXPECT_EQ(used, (std::set<int>{0, 1, 2}));
}

TEST(ShardBytesTest, LessThanOneIsInvalidAndWritesNothing) {
  FaultFileSystem files;
  EXPECT_TRUE(IsError(WriteSnapshot(SmallSnapshot(1), "run/x",
                                    {.shard_bytes = 0, .files = &files}),
                      absl::StatusCode::kInvalidArgument, {"shard_bytes"}));
  EXPECT_TRUE(files.mutations().empty());
}

TEST(SaveOptionsTest, ARateBelowZeroIsInvalidAndWritesNothing) {
  FaultFileSystem files;
  EXPECT_TRUE(IsError(WriteSnapshot(SmallSnapshot(1), "run/x",
                                    {.bytes_per_second = -1, .files = &files}),
                      Code::kInvalidArgument, {"bytes_per_second"}));
  EXPECT_TRUE(files.mutations().empty());
}

TEST(SaveOptionsTest, WhatIsReadBackAndPacedIsTheSame) {
  FaultFileSystem plain, careful;
  for (int save = 0; save < 2; ++save) {
    ASSERT_TRUE(IsOk(WriteSnapshot(SmallSnapshot(save), "run/x",
                                   {.shard_bytes = 20, .files = &plain})));
    ASSERT_TRUE(IsOk(WriteSnapshot(SmallSnapshot(save), "run/x",
                                   {.shard_bytes = 20,
                                    .read_back = true,
                                    .bytes_per_second = 1 << 30,
                                    .files = &careful})));
    EXPECT_EQ(careful.Contents(), plain.Contents());
  }
}

// On a real file system, which has modes.
TEST(SaveOptionsTest, WhatReplacesAFileHasItsMode) {
  std::string folder = JoinPath(::testing::TempDir(), "modes_XXXXXX");
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto modes = [&] {
    std::set<std::filesystem::perms> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      found.insert(entry.status().permissions());
    }
    return found;
  };
  const auto model = MakeModel();
  const std::string path = JoinPath(folder, "w");
  ASSERT_TRUE(IsOk(SaveWeights(*model, path)));
  const auto only_mine =
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  EXPECT_NE(modes(), std::set{only_mine});
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::filesystem::permissions(entry.path(), only_mine);
  }
  // The data files have other names each time; a backup is new.
  for (const Overwrite overwrite :
       {Overwrite::kReplace, Overwrite::kReplace, Overwrite::kKeepBackup}) {
    ASSERT_TRUE(IsOk(SaveWeights(*model, path, {.overwrite = overwrite})));
    EXPECT_EQ(modes(), std::set{only_mine});
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cairn
