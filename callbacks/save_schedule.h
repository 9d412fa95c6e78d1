#ifndef CAIRN_CALLBACKS_SAVE_SCHEDULE_H_
#define CAIRN_CALLBACKS_SAVE_SCHEDULE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "callbacks/signal_watch.h"
#include "callbacks/trigger.h"
#include "core/io/file_system.h"

namespace cairn {

// Seconds since any moment, never going back.
using Clock = std::function<double()>;
double SecondsOfSteadyClock();

// "SIGTERM".
std::string SignalName(int signal);

// Decides when a run is saved: watches steps, epochs, time, signals, files and
// what saving has cost. Answers say why, "every 100 steps"; empty: not now.
class SaveSchedule {
 public:
  SaveSchedule() = default;
  // `overhead`: besides, as often as saving then costs no more than this part
  // of the time; 0: not so. `files` is not owned.
  SaveSchedule(Trigger trigger, double overhead, FileSystem* files,
               Clock clock);

  // Signals are watched and time counts from here to End(). `first_cost` is a
  // guess, in seconds, of what a save costs.
  void Begin(int64_t step, double first_cost);
  void End();

  // After training step `step`. The error is one of looking for a file.
  absl::StatusOr<std::string> DueAfterStep(int64_t step);
  // While the run evaluates: signals and requests alone.
  absl::StatusOr<std::string> DueWhileEvaluating();
  // At the end of an epoch, when `epochs` have ended.
  std::string DueAfterEpoch(int64_t epochs);
  // SIGINT or SIGTERM, once one has arrived that the trigger names; else 0.
  int stop_signal() const { return stop_signal_; }

  // A save begins.
  void NoteSave() { last_save_ = clock_(); }
  // What a save has cost training, in seconds.
  void NoteCost(double seconds);
  // Removes the file that asked for a save, once that is in place.
  absl::Status AnswerRequest();

  // The steps from one save to the next that the budget allows at the speed
  // and the cost of now, for people; 0 if there is no budget.
  int64_t StepsPerSave(int64_t step) const;

 private:
  bool BudgetAllows(double now) const;
  std::string TakeSignal();
  absl::StatusOr<std::string> FindRequest();

  Trigger trigger_;
  double overhead_ = 0;
  FileSystem* files_ = nullptr;
  Clock clock_;
  std::unique_ptr<SignalWatch> signals_;
  int stop_signal_ = 0;
  std::string request_;  // The file that asked; empty: none did.
  double begin_ = 0, last_save_ = 0;
  int64_t first_step_ = 0;
  double cost_ = 0, spent_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_SAVE_SCHEDULE_H_
