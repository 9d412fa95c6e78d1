#ifndef CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_
#define CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_

#include <set>
#include <string>
#include <vector>

namespace cairn {

// How a snapshot's values find their variables.
enum class Match {
  kAuto,     // The first of these by which all fit.
  kObjects,  // By edges from the root.
  kNames,    // By path.
  kOrder,    // By place among the weights.
};

struct RestoreOptions {
  Match match = Match::kAuto;
  // In what a run that goes on may differ from the one that was saved, by name:
  // "batch_size", "samples", "seed", "optimizer.learning_rate" or, as any part
  // between dots will do, "learning_rate", or "optimizer" for all of its
  // options. What differs and is not named here is an error that names it; what
  // is named applies, and is said in a warning. The number of epochs and of
  // threads may differ anyway, and another machine is but a warning. For an
  // object of FitOptions::state that only the run or only the snapshot has:
  // "user/<name>".
  std::set<std::string> allow_changed;
};

struct RestoreReport {
  Match match = Match::kAuto;         // The way that was taken.
  std::vector<std::string> restored;  // Paths of variables.
  // What differs from the saved run, "batch_size: saved 32, now 64".
  std::vector<std::string> changed;
  // Keys of extras, such as "callback/<key>", that nobody took, and those that
  // were looked for and are not there: these objects begin anew.
  std::vector<std::string> unused_states, missing_states;
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_
