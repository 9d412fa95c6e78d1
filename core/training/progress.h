#ifndef CAIRN_CORE_TRAINING_PROGRESS_H_
#define CAIRN_CORE_TRAINING_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/training/history.h"

namespace cairn {

// What Fit, Evaluate and Predict print to standard output while they run.
enum class Verbosity {
  kSilent = 0,
  kBar = 1,   // A bar that is drawn again and again: for a terminal.
  kLines = 2  // One plain line per epoch: for a file.
};

// The verbosity that a user asked for with 0, 1 or 2; nothing: a bar on a
// terminal, else lines.
Verbosity ChooseVerbosity(const int* asked);

// "469/469 [====] - 3s 6ms/step - loss: 0.2814 - accuracy: 0.9180", with a bar
// of 30 characters. While it runs there is an arrow's head in the bar and the
// time left, "ETA: 2s", in place of the time taken. `total` 0: unknown, and so
// without a bar.
std::string ProgressText(int64_t done, int64_t total, absl::Duration elapsed,
                         bool finished, const Logs& logs);

// Prints the progress of one epoch or one evaluation.
class Progress {
 public:
  Progress(Verbosity verbosity, int64_t total)
      : verbosity_(verbosity),
        total_(total),
        begin_(absl::Now()),
        next_draw_(begin_) {}

  // Draws the bar if it is time to. `done` counts from the begin of the epoch;
  // `skipped` of them were done before this process.
  bool WantsUpdate() const;
  void Update(int64_t done, int64_t skipped, const Logs& logs);
  // The last state, with `logs` in full. "Epoch 1/5 - " goes before a line.
  void Finish(int64_t done, int64_t skipped, const Logs& logs,
              const std::string& line_prefix);
  // Leaves what is drawn standing.
  void Abandon();

 private:
  void Draw(int64_t done, int64_t skipped, bool finished, const Logs& logs);

  const Verbosity verbosity_;
  const int64_t total_;
  const absl::Time begin_;
  absl::Time next_draw_;
  size_t drawn_width_ = 0;
};

// Prints "Epoch 1/5" before a bar.
void PrintEpoch(Verbosity verbosity, int64_t epoch, int64_t epochs);

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_PROGRESS_H_
