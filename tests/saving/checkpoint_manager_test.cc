#include "saving/checkpoint_manager.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;
using Strings = std::vector<std::string>;

class CheckpointManagerTest : public testing::Test {
 protected:
  CheckpointManagerTest() { EXPECT_TRUE(IsOk(checkpoint_.Add("step", step_))); }

  std::unique_ptr<CheckpointManager> Make(CheckpointManagerOptions options) {
    options.directory = "run";
    options.clock = [this] { return now_; };
    auto manager = CheckpointManager::Create(&checkpoint_, options);
    EXPECT_TRUE(IsOk(manager));
    return manager.ok() ? *std::move(manager) : nullptr;
  }
  void Save(CheckpointManager& manager) {
    now_ += absl::Hours(1);
    EXPECT_TRUE(IsOk(manager.Save()));
  }
  bool Has(const std::string& prefix) {
    return files_.Contents().count(prefix + ".index") > 0;
  }

  FaultFileSystem files_;
  absl::Time now_ = absl::FromUnixSeconds(1700000000);
  std::shared_ptr<Variable> step_ =
      std::make_shared<Variable>("step", TensorSpec{DType::kInt64, {}}, false);
  Checkpoint checkpoint_{{.files = &files_}};
};

TEST_F(CheckpointManagerTest, KeepsTheNewest) {
  const auto manager = Make({.max_to_keep = 2});
  EXPECT_EQ(manager->latest(), "");
  for (int i = 0; i < 4; ++i) Save(*manager);
  EXPECT_EQ(manager->latest(), "run/ckpt-4");
  EXPECT_EQ(manager->checkpoints(), (Strings{"run/ckpt-3", "run/ckpt-4"}));
  EXPECT_FALSE(Has("run/ckpt-2"));
  EXPECT_TRUE(Has("run/ckpt-3") && Has("run/ckpt-4"));
  CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointState state,
                             ReadCheckpointState("run", files_));
  EXPECT_EQ(state.newest, "ckpt-4");
  EXPECT_EQ(state.all, (Strings{"ckpt-3", "ckpt-4"}));
  EXPECT_EQ(state.timestamps, (std::vector<double>{1700000000.0 + 3 * 3600,
                                                   1700000000.0 + 4 * 3600}));
  EXPECT_EQ(state.last_preserved, 1700000000.0 - 1);
}

TEST_F(CheckpointManagerTest, GoesOnWhereAnotherEnded) {
  for (int i = 0; i < 2; ++i) {
    const auto manager = Make({.max_to_keep = 3});
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto restored,
                               manager->RestoreOrInitialize());
    EXPECT_EQ(restored.has_value(), i > 0);
    for (int j = 0; j < 2; ++j) Save(*manager);
  }
  const auto manager = Make({.max_to_keep = 3});
  EXPECT_EQ(manager->checkpoints(),
            (Strings{"run/ckpt-2", "run/ckpt-3", "run/ckpt-4"}));
}

TEST_F(CheckpointManagerTest, OnePerSoManyHoursStaysForGood) {
  const auto manager =
      Make({.max_to_keep = 1, .keep_checkpoint_every_n_hours = 3});
  for (int i = 0; i < 8; ++i) Save(*manager);
  // Saved after 1, 2, ... 8 hours; the clock of what stays began at 0.
  for (const int number : {3, 6, 8}) {
    EXPECT_TRUE(Has("run/ckpt-" + std::to_string(number))) << number;
  }
  for (const int number : {1, 2, 4, 5, 7}) {
    EXPECT_FALSE(Has("run/ckpt-" + std::to_string(number))) << number;
  }
  EXPECT_EQ(manager->checkpoints(), Strings{"run/ckpt-8"});
  // What stayed is nobody's to remove any more.
  EXPECT_EQ(Make({.max_to_keep = 1})->checkpoints(), Strings{"run/ckpt-8"});
}

TEST_F(CheckpointManagerTest, ANumberOfTheCallersNamesTheFile) {
  const auto manager = Make({});
  CAIRN_ASSERT_OK_AND_ASSIGN(const std::string path, manager->Save(700));
  EXPECT_EQ(path, "run/ckpt-700");
  EXPECT_EQ(checkpoint_.save_counter(), 1);
  EXPECT_TRUE(IsError(manager->Save(-1), Code::kInvalidArgument, {"-1"}));
}

TEST_F(CheckpointManagerTest, RestoresOrInitializes) {
  const auto manager = Make({});
  int calls = 0;
  const auto initialize = [&] {
    ++calls;
    return absl::OkStatus();
  };
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto none,
                             manager->RestoreOrInitialize(initialize));
  EXPECT_FALSE(none.has_value());
  EXPECT_EQ(calls, 1);
  ASSERT_TRUE(IsOk(step_->Assign(Tensor::Scalar<int64_t>(7))));
  Save(*manager);
  ASSERT_TRUE(IsOk(step_->Assign(Tensor::Scalar<int64_t>(0))));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto some,
                             manager->RestoreOrInitialize(initialize));
  EXPECT_TRUE(some.has_value() && some->AssertConsumed().ok());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(step_->value().values<int64_t>()[0], 7);
}

// The last byte of the checkpoint's data becomes another. One that replaced
// another has an empty file besides.
void Damage(FaultFileSystem& files, const std::string& prefix) {
  int damaged = 0;
  for (const auto& [path, content] : files.Contents()) {
    if (!absl::StartsWith(path, prefix + ".data-") || content.empty()) continue;
    std::string other = content;
    other.back() ^= 1;
    files.Put(path, other);
    ++damaged;
  }
  EXPECT_EQ(damaged, 1) << prefix;
}

TEST_F(CheckpointManagerTest, PassesOverDamagedOnes) {
  const auto manager = Make({});
  for (int64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(IsOk(step_->Assign(Tensor::Scalar<int64_t>(10 * i))));
    Save(*manager);
  }
  Damage(files_, "run/ckpt-3");
  ASSERT_TRUE(IsOk(files_.Remove("run/ckpt-2.index")));
  testing::internal::CaptureStderr();
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto restored,
                             manager->RestoreOrInitialize());
  const std::string warnings = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(restored.has_value());
  EXPECT_EQ(step_->value().values<int64_t>()[0], 10);
  EXPECT_EQ(checkpoint_.save_counter(), 1);
  EXPECT_THAT(warnings, testing::HasSubstr("run/ckpt-3"));
  EXPECT_THAT(warnings, testing::HasSubstr("run/ckpt-2"));
  // With none left it is an error, and nothing begins anew.
  Damage(files_, "run/ckpt-1");
  EXPECT_TRUE(IsError(manager
                          ->RestoreOrInitialize([] {
                            ADD_FAILURE();
                            return absl::OkStatus();
                          })
                          .status(),
                      Code::kDataLoss, {"run/ckpt-3"}));
}

TEST_F(CheckpointManagerTest, AnErrorThatIsNotTheFilesIsNoReasonForAnOlder) {
  {
    const auto manager = Make({});
    for (int i = 0; i < 2; ++i) Save(*manager);
  }
  const auto other =
      std::make_shared<Variable>("step", TensorSpec{DType::kInt64, {2}}, false);
  Checkpoint checkpoint({.files = &files_});
  ASSERT_TRUE(IsOk(checkpoint.Add("step", other)));
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const auto manager,
      CheckpointManager::Create(&checkpoint, {.directory = "run"}));
  EXPECT_TRUE(IsError(manager->RestoreOrInitialize().status(),
                      Code::kInvalidArgument, {"run/ckpt-2"}));
}

TEST_F(CheckpointManagerTest, ADamagedStateIsRebuiltFromWhatLiesThere) {
  {
    const auto manager = Make({});
    for (int i = 0; i < 11; ++i) Save(*manager);
  }
  Damage(files_, "run/ckpt-11");
  for (const std::string damaged : {"model_checkpoint_path: \"ckpt-1",
                                    "all_model_checkpoint_paths: 7", "\1"}) {
    files_.Put("run/checkpoint", damaged);
    testing::internal::CaptureStderr();
    const auto manager = Make({.max_to_keep = 1});
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                testing::HasSubstr("run/ckpt-10"));
    EXPECT_EQ(manager->latest(), "run/ckpt-10");
    EXPECT_TRUE(manager->checkpoints().empty());
    ASSERT_TRUE(IsOk(manager->RestoreOrInitialize()));
    EXPECT_EQ(checkpoint_.save_counter(), 10);
    // What nothing says to be its own is not removed.
    Save(*manager);
    EXPECT_TRUE(Has("run/ckpt-9") && Has("run/ckpt-10"));
    EXPECT_EQ(manager->latest(), "run/ckpt-11");
    Damage(files_, "run/ckpt-11");
  }
}

TEST_F(CheckpointManagerTest, TwoDoNotSaveUnderOneName) {
  auto first = Make({});
  Save(*first);
  const auto second = Make({});
  const auto other = Make({.checkpoint_name = "other"});
  EXPECT_TRUE(IsOk(second->RestoreOrInitialize()));
  EXPECT_TRUE(IsError(second->Save().status(), Code::kFailedPrecondition,
                      {"run/.ckpt-.lock"}));
  EXPECT_TRUE(IsOk(other->Save()));
  first = nullptr;
  EXPECT_TRUE(IsOk(second->Save()));
}

TEST_F(CheckpointManagerTest, WhatCannotBeRemovedIsRemovedByTheNextSave) {
  const auto manager = Make({.max_to_keep = 1});
  Save(*manager);
  const size_t before = files_.mutations().size();
  Save(*manager);
  const std::vector<std::string> made = files_.mutations();
  size_t removal = before;
  while (removal < made.size() && made[removal] != "Remove run/ckpt-1.index") {
    ++removal;
  }
  ASSERT_LT(removal, made.size());
  // The next save is of the same mutations.
  files_.FailMutation(static_cast<int>(made.size() + removal - before) + 1,
                      absl::PermissionDeniedError("no"));
  EXPECT_TRUE(
      IsError(manager->Save().status(), Code::kPermissionDenied, {"no"}));
  EXPECT_EQ(manager->latest(), "run/ckpt-3");
  EXPECT_TRUE(Has("run/ckpt-2") && Has("run/ckpt-3"));
  Save(*manager);
  EXPECT_EQ(manager->checkpoints(), Strings{"run/ckpt-4"});
  EXPECT_FALSE(Has("run/ckpt-2") || Has("run/ckpt-3"));
}

TEST_F(CheckpointManagerTest, AFolderThatIsRemovedIsMadeAndLockedAnew) {
  const auto manager = Make({});
  for (int i = 0; i < 2; ++i) Save(*manager);
  files_.RemoveFolder("run");
  testing::internal::CaptureStderr();
  Save(*manager);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("made anew"),
            std::string::npos);
  EXPECT_EQ(manager->checkpoints(), Strings{"run/ckpt-3"});
  CAIRN_ASSERT_OK_AND_ASSIGN(const CheckpointState state,
                             ReadCheckpointState("run", files_));
  EXPECT_EQ(state.all, Strings{"ckpt-3"});
  EXPECT_TRUE(IsError(Make({})->Save().status(), Code::kFailedPrecondition,
                      {"run/.ckpt-.lock"}));
}

TEST_F(CheckpointManagerTest, FilesOfOthersStay) {
  files_.Put("run/ckpt-0.index", "theirs");
  files_.Put("run/other-1.index", "theirs");
  const auto manager = Make({.max_to_keep = 1});
  for (int i = 0; i < 3; ++i) Save(*manager);
  EXPECT_TRUE(Has("run/ckpt-0") && Has("run/other-1"));
}

TEST_F(CheckpointManagerTest, OptionsOutOfRangeAreRefused) {
  const auto create = [&](CheckpointManagerOptions options) {
    return CheckpointManager::Create(&checkpoint_, std::move(options)).status();
  };
  EXPECT_TRUE(IsError(create({}), Code::kInvalidArgument, {"directory"}));
  EXPECT_TRUE(IsError(create({.directory = "run", .max_to_keep = -1}),
                      Code::kInvalidArgument, {"max_to_keep -1"}));
  EXPECT_TRUE(
      IsError(create({.directory = "run", .keep_checkpoint_every_n_hours = -2}),
              Code::kInvalidArgument, {"-2"}));
  EXPECT_TRUE(IsError(create({.directory = "run", .checkpoint_name = "a/b"}),
                      Code::kInvalidArgument, {"a/b"}));
}

}  // namespace
}  // namespace cairn
