#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/data/batches.h"
#include "core/model/sequential.h"
#include "core/training/snapshot.h"
#include "core/training/trainer.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "tests/core/training/small_fit.h"
#include "tests/support/hook_callback.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(RunSnapshotTest, ARunGoesOnFromEveryHookAsIfItHadNotStopped) {
  std::vector<std::pair<std::string, Snapshot>> taken;
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        taken.emplace_back(absl::StrCat(hook, " at step ", session.step()),
                           TakeAll(session));
        return absl::OkStatus();
      });
  const Outcome unbroken = FitWith(*MakeModel(7), MakeOptions(), &taker);
  ASSERT_EQ(taken.size(),
            2 * (2 + 3 * kStepsPerEpoch + 3 + 2 * kStepsPerEpoch) + 2);
  EXPECT_NE(FitWith(*MakeModel(8), MakeOptions()).end, unbroken.end);
  for (const auto& [where, snapshot] : taken) {
    EXPECT_EQ(Resume(snapshot), unbroken) << where;
  }
}

TEST(RunSnapshotTest, AStopAtAnyStepLosesNothing) {
  const Outcome unbroken = FitWith(*MakeModel(7), MakeOptions());
  for (const int threads : {1, 2}) {
    for (int stop = 1; stop <= 2 * kStepsPerEpoch; ++stop) {
      Snapshot snapshot;
      HookCallback stopper(
          [&](const std::string& hook, TrainingSession& session, const Logs&) {
            if (hook == "on_train_batch_end" && session.step() == stop) {
              session.RequestStop();
            }
            if (hook == "on_train_end") snapshot = TakeAll(session);
            return absl::OkStatus();
          });
      FitWith(*MakeModel(7, threads), MakeOptions(), &stopper);
      EXPECT_EQ(Resume(snapshot, 3 - threads), unbroken)
          << "stopped after step " << stop << " on " << threads << " threads";
    }
  }
}

TEST(RunSnapshotTest, AFinishedRunHasNothingLeftToDo) {
  Snapshot snapshot;
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_end") snapshot = TakeAll(session);
        return absl::OkStatus();
      });
  const Outcome first = FitWith(*MakeModel(7), MakeOptions(), &taker);
  HookCallback recorder;
  const auto fresh = MakeModel(8);
  FitOptions options = MakeOptions();
  options.resume_from = &snapshot;
  EXPECT_EQ(FitWith(*fresh, options, &recorder), first);
  EXPECT_EQ(recorder.calls(),
            (std::vector<std::string>{"on_train_begin", "on_train_end"}));
}

TEST(RunSnapshotTest, MoreEpochsGoOnAfterAFinishedRun) {
  Snapshot snapshot;
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_end") snapshot = TakeAll(session);
        return absl::OkStatus();
      });
  FitWith(*MakeModel(7), MakeOptions(), &taker);
  FitOptions options = MakeOptions();
  options.epochs = 4;
  const Outcome unbroken = FitWith(*MakeModel(7), options);
  options.resume_from = &snapshot;
  EXPECT_EQ(FitWith(*MakeModel(8), options), unbroken);
}

TEST(RunSnapshotTest, ACallbackMayRestoreTheRun) {
  const Snapshot snapshot = MidEpoch();
  HookCallback restorer(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook != "on_train_begin") return absl::OkStatus();
        EXPECT_EQ(session.step(), 0);
        const absl::Status status = session.Restore(snapshot, {}).status();
        EXPECT_EQ(session.step(), 4);
        EXPECT_EQ(session.epoch(), 1);
        return status;
      });
  EXPECT_EQ(FitWith(*MakeModel(99), MakeOptions(), &restorer),
            FitWith(*MakeModel(7), MakeOptions()));
}

// Has a state, and remembers what happened when it got one.
class Rememberer : public Callback {
 public:
  explicit Rememberer(int64_t number) : number_(number) {}
  int64_t number() const { return number_; }
  absl::string_view class_name() const override { return "Rememberer"; }
  absl::Status OnTrainBegin(TrainingSession&) override {
    number_ = 0;
    return absl::OkStatus();
  }
  absl::Status OnTrainBatchEnd(TrainingSession&, const Logs&) override {
    ++number_;
    return absl::OkStatus();
  }
  State SaveState() const override {
    return {.values = Config::Object{{"number", number_}}};
  }
  absl::Status RestoreState(const State& state) override {
    const absl::StatusOr<int64_t> number = state.values.Get<int64_t>("number");
    if (!number.ok()) return number.status();
    number_ = *number;
    return absl::OkStatus();
  }

 private:
  int64_t number_;
};

TEST(RunSnapshotTest, CallbacksGetTheirStatesAfterTheLastBegin) {
  Snapshot snapshot;
  Rememberer first(0);
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end" && session.step() == 4) {
          snapshot = TakeAll(session);
        }
        return absl::OkStatus();
      });
  FitOptions options = MakeOptions();
  options.callbacks = {&first};
  FitWith(*MakeModel(7), options, &taker);
  EXPECT_EQ(first.number(), 6);
  ASSERT_EQ(snapshot.extras.count("callback/Rememberer"), 1);
  EXPECT_EQ(snapshot.extras.count("callback/HookCallback"), 0)
      << "what has no state takes no room";
  Rememberer second(1000);
  options.callbacks = {&second};
  options.resume_from = &snapshot;
  FitWith(*MakeModel(8), options);
  EXPECT_EQ(second.number(), 6);
}

// An error of the resumed run, after which the model is what it was.
void ExpectRefused(const Snapshot& snapshot, FitOptions options,
                   const Tensor& x, const Tensor& y,
                   std::initializer_list<absl::string_view> parts) {
  const auto model = MakeModel(5);
  ASSERT_TRUE(IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 5}}})));
  const absl::StatusOr<Snapshot> live = model->TakeSnapshot(AllParts());
  ASSERT_TRUE(IsOk(live));
  const std::string before = DescribeSnapshot(*live);
  options.resume_from = &snapshot;
  HookCallback recorder;
  options.callbacks = {&recorder};
  EXPECT_TRUE(IsError(model->Fit(x, y, options), kInvalid, parts));
  EXPECT_EQ(recorder.calls(),
            (std::vector<std::string>{"on_train_begin", "on_train_end"}));
  EXPECT_EQ(DescribeSnapshot(*live), before);
}

TEST(RunSnapshotTest, OtherSettingsOfTheRunAreRefused) {
  const Snapshot snapshot = MidEpoch();
  FitOptions options = MakeOptions();
  options.seed = 8;
  ExpectRefused(snapshot, options, Inputs(), Targets(),
                {"seed: saved \"7\", now \"8\""});
  options = MakeOptions();
  options.batch_size = 4;
  ExpectRefused(
      snapshot, options, Inputs(), Targets(),
      {"batch_size: saved 8, now 4", "allow_changed = {\"batch_size"});
  options = MakeOptions();
  ExpectRefused(snapshot, options, Spread({30, 5}, -1, 1),
                Spread({30, 3}, -1, 1), {"samples: saved 22, now 30"});
}

TEST(RunSnapshotTest, OtherCompileOptionsAreRefused) {
  const Snapshot snapshot = MidEpoch();
  for (const CompileOptions& options : std::vector<CompileOptions>{
           {.optimizer = "adam", .loss = "mse"},
           {.optimizer = "sgd", .loss = "mse", .metrics = {"accuracy"}}}) {
    const auto model = MakeModel(7);
    ASSERT_TRUE(IsOk(model->Compile(options)));
    FitOptions fit = MakeOptions();
    fit.resume_from = &snapshot;
    EXPECT_FALSE(model->Fit(Inputs(), Targets(), fit).ok());
  }
}

TEST(RunSnapshotTest, TheSameSeedMayBeGivenAgain) {
  const Snapshot snapshot = MidEpoch();
  FitOptions options = MakeOptions();
  options.seed = 7;
  options.resume_from = &snapshot;
  EXPECT_EQ(FitWith(*MakeModel(1), options),
            FitWith(*MakeModel(7), MakeOptions()));
}

TEST(RunSnapshotTest, DamagedNumbersAreAnError) {
  for (const char* key : {"epoch", "step", "seed", "history"}) {
    Snapshot snapshot = MidEpoch();
    snapshot.extras["run"].values.Set(key, "nonsense");
    const auto model = MakeModel(1);
    FitOptions options = MakeOptions();
    options.resume_from = &snapshot;
    EXPECT_FALSE(model->Fit(Inputs(), Targets(), options).ok()) << key;
  }
  Snapshot snapshot = MidEpoch();
  snapshot.extras["run"].tensors.clear();
  FitOptions options = MakeOptions();
  options.resume_from = &snapshot;
  EXPECT_TRUE(IsError(MakeModel(1)->Fit(Inputs(), Targets(), options), kInvalid,
                      {"train/loss/total"}));
}

TEST(RunSnapshotTest, WeightsWithoutARunBeginANewOne) {
  Snapshot snapshot = MidEpoch();
  snapshot.extras.clear();
  snapshot.parts.erase(Part::kExtras);
  HookCallback recorder;
  FitOptions options = MakeOptions();
  options.resume_from = &snapshot;
  FitWith(*MakeModel(1), options, &recorder);
  EXPECT_EQ(std::count(recorder.calls().begin(), recorder.calls().end(),
                       "on_train_batch_end"),
            2 * kStepsPerEpoch);
}

TEST(RunSnapshotTest, OneAfterAnotherShareWhatStays) {
  const auto model = MakeModel(1);
  ASSERT_TRUE(IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 5}}})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot first,
                             model->TakeSnapshot(AllParts()));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot second,
                             model->TakeSnapshot(AllParts()));
  EXPECT_TRUE(second.objects.SharesWith(first.objects));
  EXPECT_TRUE(second.architecture.SharesWith(first.architecture));
  EXPECT_TRUE(second.weights.SharesWith(first.weights));
  EXPECT_TRUE(second.optimizer.SharesWith(first.optimizer));
  // One of other parts is not taken for the same, nor what comes after it.
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot less, model->TakeSnapshot({}));
  EXPECT_TRUE(less.optimizer->empty());
  EXPECT_TRUE(less.architecture->is_null());
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot last,
                             model->TakeSnapshot(AllParts()));
  EXPECT_EQ(DescribeSnapshot(last), DescribeSnapshot(first));
}

TEST(RunSnapshotTest, ADetachedOneIsNotChangedByLaterSteps) {
  SnapshotBuffers buffers;
  std::vector<std::string> live, detached;
  Snapshot snapshot;
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook != "on_train_batch_end") return absl::OkStatus();
        // As the one before is after another step.
        if (!live.empty()) detached.push_back(DescribeSnapshot(snapshot));
        live.push_back(DescribeSnapshot(TakeAll(session)));
        auto taken = session.TakeDetachedSnapshot(AllParts(), buffers);
        if (!taken.ok()) return taken.status();
        snapshot = *std::move(taken);
        return absl::OkStatus();
      });
  FitWith(*MakeModel(7, /*threads=*/2), MakeOptions(), &taker);
  detached.push_back(DescribeSnapshot(snapshot));
  ASSERT_EQ(live.size(), 2 * kStepsPerEpoch);
  EXPECT_NE(live[0], live[1]);
  EXPECT_EQ(detached, live);
}

TEST(RunSnapshotTest, SlotsLieOneBehindAnother) {
  const auto model = MakeModel(1);
  ASSERT_TRUE(IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 5}}})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot snapshot,
                             model->TakeSnapshot(AllParts()));
  std::vector<Tensor> slots;
  for (const NamedTensor& tensor : *snapshot.optimizer) {
    if (tensor.name.find('/') != std::string::npos) {
      slots.push_back(tensor.value);
    }
  }
  ASSERT_GT(slots.size(), 2);
  for (size_t i = 1; i < slots.size(); ++i) {
    EXPECT_TRUE(slots[i].SharesMemoryWith(slots[0]));
    EXPECT_GT(slots[i].bytes().data(), slots[i - 1].bytes().data());
  }
}

TEST(RunSnapshotTest, PartsAreThoseThatWereAskedFor) {
  const auto model = MakeModel(1);
  ASSERT_TRUE(IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 5}}})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot weights, model->TakeSnapshot({}));
  EXPECT_EQ(weights.parts, (Parts{Part::kWeights}));
  EXPECT_TRUE(weights.optimizer->empty());
  EXPECT_TRUE(weights.compile->is_null());
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const Snapshot more,
      model->TakeSnapshot({Part::kArchitecture, Part::kCompile}));
  EXPECT_EQ(more.parts,
            (Parts{Part::kArchitecture, Part::kWeights, Part::kCompile}));
  EXPECT_EQ(*more.architecture, Serialize(*model));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot all,
                             model->TakeSnapshot(AllParts()));
  EXPECT_EQ(all.parts.count(Part::kExtras), 0) << "no run is on";
}

}  // namespace
}  // namespace cairn
