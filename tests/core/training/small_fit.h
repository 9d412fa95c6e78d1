#ifndef CAIRN_TESTS_CORE_TRAINING_SMALL_FIT_H_
#define CAIRN_TESTS_CORE_TRAINING_SMALL_FIT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "core/model/sequential.h"
#include "core/training/callback.h"
#include "core/training/fit_options.h"
#include "core/training/snapshot.h"

namespace cairn {

// A run of a small model with dropout, Adam and a metric over 22 samples:
// kStepsPerEpoch steps an epoch, the last of them short, and as many batches of
// validation.
inline constexpr int kStepsPerEpoch = 3;
const Tensor& Inputs();
const Tensor& Targets();

std::unique_ptr<Sequential> MakeModel(uint64_t seed, int threads = 1);

// Two epochs with shuffling and validation.
FitOptions MakeOptions();

// What a run came to: its history and all that can be saved at its end.
struct Outcome {
  std::string history, end;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Fits, with `more` beside the callback that looks at the end.
Outcome FitWith(Model& model, FitOptions options, Callback* more = nullptr);

// All that can be saved, in memory of its own.
Snapshot TakeAll(TrainingSession& session);

// The run gone on with in a new model.
Outcome Resume(const Snapshot& snapshot, int threads = 1);

// A snapshot after 4 steps of the run of MakeModel(7), in the second epoch.
Snapshot MidEpoch();

}  // namespace cairn

#endif  // CAIRN_TESTS_CORE_TRAINING_SMALL_FIT_H_
