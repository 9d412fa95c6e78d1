// What a ModelCheckpoint says of the time that saving takes.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "callbacks/model_checkpoint.h"
#include "gtest/gtest.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using SaveCost = ModelCheckpoint::SaveCost;

// A run that is saved every second step and at the ends of epochs, each save's
// costs, and the times of the run.
struct Costs {
  std::vector<SaveCost> saves;
  ModelCheckpoint::SaveTotals totals;
  RunTimes times;
};

Costs TrainAndAsk(bool asynchronous, int verbose = 0) {
  Costs costs;
  FaultFileSystem files;
  ModelCheckpoint checkpoint({.directory = "run",
                              .every = AnyOf({EverySteps(2), EveryEpochs(1)}),
                              .asynchronous = asynchronous,
                              .save = {.files = &files},
                              .verbose = verbose});
  HookCallback after([&](const std::string&, TrainingSession&, const Logs&) {
    const SaveCost& last = checkpoint.last_save();
    if (last.step > 0 &&
        (costs.saves.empty() || costs.saves.back().step != last.step)) {
      costs.saves.push_back(last);
    }
    return absl::OkStatus();
  });
  const auto model = MakeSmallModel({});
  const Tensor x = Tensor::Zeros({DType::kFloat32, {10, 4}});
  const Tensor y = Tensor::Zeros({DType::kInt32, {10}});
  const auto history = model->Fit(x, y,
                                  {.epochs = 2,
                                   .batch_size = 4,
                                   .validation_data = Batches(x, y),
                                   .verbose = 0,
                                   .callbacks = {&checkpoint, &after}});
  EXPECT_TRUE(IsOk(history));
  if (history.ok()) costs.times = history->times();
  costs.totals = checkpoint.totals();
  return costs;
}

TEST(ModelCheckpointCostsTest, TheCostsOfSavesAddUp) {
  for (const bool asynchronous : {false, true}) {
    const Costs costs = TrainAndAsk(asynchronous);
    // After steps 2, 3, 4 and 6.
    ASSERT_EQ(costs.saves.size(), 4);
    ModelCheckpoint::SaveTotals sum;
    for (const SaveCost& save : costs.saves) {
      EXPECT_GT(save.bytes, 0);
      EXPECT_GT(save.snapshot, absl::ZeroDuration());
      EXPECT_GT(save.write, absl::ZeroDuration());
      // Who does not write in the background waits for all of it.
      EXPECT_GE(save.stall, save.snapshot + (asynchronous ? absl::ZeroDuration()
                                                          : save.write));
      sum.bytes += save.bytes;
      sum.snapshot += save.snapshot;
      sum.write += save.write;
      sum.stall += save.stall;
    }
    EXPECT_EQ(costs.totals.saved, 4);
    EXPECT_EQ(costs.totals.bytes, sum.bytes);
    EXPECT_EQ(costs.totals.snapshot, sum.snapshot);
    EXPECT_EQ(costs.totals.write, sum.write);
    EXPECT_EQ(costs.totals.stall, sum.stall);
    // Of the parts that make up the run's time.
    EXPECT_LE(costs.totals.stall, costs.times.callbacks);
  }
}

TEST(ModelCheckpointCostsTest, TheCostsAreInTheLog) {
  testing::internal::CaptureStdout();
  const Costs costs = TrainAndAsk(/*asynchronous=*/false, /*verbose=*/1);
  const std::string text = testing::internal::GetCapturedStdout();
  for (const std::string& part :
       {absl::StrCat("ModelCheckpoint: 4 saves of ", costs.totals.bytes,
                     " bytes together; copied in "),
        std::string(" ms, written in "), std::string(" % of the time; "),
        std::string(" ms a step, "), std::string(" samples a second\n")}) {
    EXPECT_TRUE(absl::StrContains(text, part)) << part << " in " << text;
  }
}

}  // namespace
}  // namespace cairn
