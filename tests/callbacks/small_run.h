#ifndef CAIRN_TESTS_CALLBACKS_SMALL_RUN_H_
#define CAIRN_TESTS_CALLBACKS_SMALL_RUN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "callbacks/model_checkpoint.h"
#include "core/model/sequential.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/hook_callback.h"

namespace cairn {

// A run of a small classifier with dropout, shuffled data, a short last batch
// and validation data: kStepsPerEpoch steps an epoch.
struct SmallRun {
  int64_t epochs = 2;
  int64_t units = 3;
  int64_t batch_size = 4;
  double learning_rate = 0.05;
  bool validates = true;
  std::optional<uint64_t> seed;
  // Its files are those of the run unless it says otherwise.
  ModelCheckpointOptions checkpoint = {.directory = "run"};
  // Called before the checkpoint's hooks, and after.
  HookCallback::Function before, after;
  std::vector<Callback*> others;  // Called last.
  bool dry_run = false;
};

inline constexpr int64_t kStepsPerEpoch = 3;

struct SmallRunResult {
  absl::Status status;
  std::string history;  // As JSON.
  std::string values;   // Weights and optimizer, as DescribeValues() has them.
  std::optional<ModelCheckpoint::Resumed> resumed;
  std::vector<std::string> kept;
  std::string best;  // Of these; empty: none is known to be.
  ModelCheckpoint::SaveTotals totals;
  // The model, which may be used further.
  std::shared_ptr<Sequential> model;
};

std::shared_ptr<Sequential> MakeSmallModel(const SmallRun& run);
// The data that it validates with.
Batches SmallValidationData();

SmallRunResult Train(FileSystem& files, const SmallRun& run);

// The same in `model`, of whatever state.
SmallRunResult TrainIn(std::shared_ptr<Sequential> model, FileSystem& files,
                       const SmallRun& run);

// Whether an operation, as FaultFileSystem::mutations() tells it, is on a file
// whose room is used again: if it alone fails, others do its work.
bool IsOfSpare(const std::string& operation);
// Whether it is such a one at the end, which the next start does if it fails.
bool GivesSpareBack(const std::string& operation);

// Weights, and the optimizer's variables if there is one.
std::string ValuesOf(Model& model);

// A run that goes on by itself and keeps few of many saves.
SmallRun SteadyRun();

// The prefixes of the checkpoints that lie there, by name.
std::vector<std::string> Prefixes(const FaultFileSystem& files);

// A hook that asks for a stop after `step` steps.
HookCallback::Function StopAfterStep(int64_t step);

// The files but for the times in "checkpoint".
std::map<std::string, std::string> FilesWithoutTimes(
    const FaultFileSystem& files);

}  // namespace cairn

#endif  // CAIRN_TESTS_CALLBACKS_SMALL_RUN_H_
