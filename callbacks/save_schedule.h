#ifndef CAIRN_CALLBACKS_SAVE_SCHEDULE_H_
#define CAIRN_CALLBACKS_SAVE_SCHEDULE_H_

#include <cstdint>
#include <functional>
#include <map>
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

// Whether a save is due.
struct Due {
  std::string why;         // "every 100 steps"; empty: it is not.
  bool asked_for = false;  // From outside, by a signal or a file.
  bool planned = false;    // By another moment of the trigger, or the budget.
  bool at_end = false;     // Of the run: there is no later moment.
};

// Decides when a run is saved: watches steps, epochs, time, signals, files and
// what saving has cost.
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
  absl::StatusOr<Due> DueAfterStep(int64_t step);
  // While the run evaluates or waits: signals and requests alone.
  absl::StatusOr<Due> DueBetweenSteps();
  // At the end of an epoch, when `epochs` have ended. Says why; empty: not now.
  std::string DueAfterEpoch(int64_t epochs);
  // SIGINT or SIGTERM, once one has arrived that the trigger names; else 0.
  int stop_signal() const { return stop_signal_; }

  // A save begins. Returns the files that have asked for one since the last
  // began, or whose save failed.
  std::vector<std::string> BeginSave();
  // That save is in place, and these files are removed; or it has failed, and
  // the next is for them too.
  absl::Status EndSave(const std::vector<std::string>& requests, bool in_place);
  // What a save has cost training, in seconds.
  void NoteCost(double seconds);

  // The steps from one save to the next that the budget allows at the speed
  // and the cost of now, for people; 0 if there is no budget.
  int64_t StepsPerSave(int64_t step) const;

 private:
  bool BudgetAllows(double now) const;
  std::string TakeSignal();
  // Looks for files that ask. Says why for the first new one.
  absl::StatusOr<std::string> FindRequests();
  std::string PlannedAfterStep(int64_t step) const;

  Trigger trigger_;
  double overhead_ = 0;
  FileSystem* files_ = nullptr;
  Clock clock_;
  std::unique_ptr<SignalWatch> signals_;
  int stop_signal_ = 0;
  // Files that ask for a save, and whether one that began since is written.
  std::map<std::string, bool> requests_;
  double begin_ = 0, last_save_ = 0;
  int64_t first_step_ = 0;
  double cost_ = 0, spent_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_SAVE_SCHEDULE_H_
