#ifndef CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_
#define CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_

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
};

struct RestoreReport {
  Match match = Match::kAuto;         // The way that was taken.
  std::vector<std::string> restored;  // Paths of variables.
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_
