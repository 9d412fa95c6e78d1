#ifndef CAIRN_CORE_TRAINING_FIT_OPTIONS_H_
#define CAIRN_CORE_TRAINING_FIT_OPTIONS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/data/batches.h"
#include "core/tensor/state.h"
#include "core/training/callback.h"

namespace cairn {

struct FitOptions {
  int64_t epochs = 1;         // The epoch to end before, counted from 0.
  int64_t initial_epoch = 0;  // The epoch to begin with.
  int64_t batch_size = 32;    // Of Arrays, as is shuffle.
  bool shuffle = true;
  Batches validation_data;
  double validation_split = 0;  // The last part of Arrays, in [0, 1).
  std::optional<int> verbose;   // 0, 1 bar, 2 lines; none: by the terminal.
  // Of order and random ops; none: the model's, or that of a resumed run.
  std::optional<uint64_t> seed;
  std::vector<Callback*> callbacks;  // Not owned; called in this order.
  // Further objects that change while the run goes on: saved under these names
  // with it, and restored with it. Not owned.
  std::map<std::string, Stateful*> state;
  // A trial: two steps of training, a validation of two batches at most, and
  // all hooks. Model, data and state are then put back to what they were.
  bool dry_run = false;
  // A run to go on with; not owned. Callbacks may restore one instead.
  const Snapshot* resume_from = nullptr;
  RestoreOptions restore;
};

struct EvaluateOptions {  // Of Predict() too.
  int64_t batch_size = 32;
  std::optional<int> verbose;
  std::vector<Callback*> callbacks;  // Not owned.
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_FIT_OPTIONS_H_
