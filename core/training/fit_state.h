#ifndef CAIRN_CORE_TRAINING_FIT_STATE_H_
#define CAIRN_CORE_TRAINING_FIT_STATE_H_

#include <optional>

#include "core/training/batch_feed.h"
#include "core/training/trainer.h"

namespace cairn {

// What Fit() has while it runs.
struct Trainer::FitState {
  const Batches* data = nullptr;
  const FitOptions* options = nullptr;
  std::optional<BatchFeed> feed;
  bool prepared = false;  // For data such as the feed's.
  std::optional<BatchFeed> validation;
  // The run that was restored, until the callbacks have taken their states.
  std::optional<Snapshot> restored;
  Logs epoch_logs;  // Of the epoch that ended last, validation included.
  bool resumed_in_epoch = false;  // The first epoch has begun already.
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_FIT_STATE_H_
