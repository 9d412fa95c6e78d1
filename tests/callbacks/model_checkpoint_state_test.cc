// What a ModelCheckpoint remembers from run to run.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "callbacks/model_checkpoint.h"
#include "gtest/gtest.h"
#include "tests/support/callback_contract.h"
#include "tests/support/fault_file_system.h"

namespace cairn {
namespace {

TEST(ModelCheckpointStateTest, AFreshRunForgetsAndAResumedOneRemembers) {
  const std::vector<ModelCheckpointOptions> all = {
      {},
      {.monitor = "val_loss"},
      {.monitor = "val_loss", .mode = MonitorMode::kMax},
      {.every = OnBest(), .initial_value_threshold = 1e9},
      {.every = EverySteps(2), .monitor = "loss", .save_best_only = true},
      {.every = EverySteps(2),
       .monitor = "val_loss",
       .validate_when_saving = true},
      {.monitor = "loss", .asynchronous = true}};
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(i);
    FaultFileSystem files;
    int made = 0;
    CheckCallbackOverRuns([&] {
      ModelCheckpointOptions options = all[i];
      options.directory = absl::StrCat("run", made++);
      options.other_runs = OtherRuns::kReplace;
      options.save.files = &files;
      return std::make_unique<ModelCheckpoint>(options);
    });
  }
}

}  // namespace
}  // namespace cairn
