#ifndef CAIRN_CORE_TRAINING_RUN_CHANGES_H_
#define CAIRN_CORE_TRAINING_RUN_CHANGES_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/config.h"

namespace cairn {

// A setting in which a run that goes on differs from the one that was saved.
struct RunChange {
  std::string name;        // "optimizer.learning_rate"
  std::string saved, now;  // As JSON; "none" where it is absent.
};

// "optimizer.learning_rate: saved 0.001, now 0.01".
std::string ChangeToString(const RunChange& change);

// Compares two settings member by member. What Serialize() writes goes by its
// class name under its own name, with its options below; where the classes
// differ, options are not compared. Objects in a list are named by their member
// "name" or by their place. Names of layers and the like, "name" in a config,
// are no settings.
std::vector<RunChange> FindChanges(const Config& saved, const Config& now);

// Whether one of `allowed` is the change's name, or a part of it between dots:
// "learning_rate" and "optimizer" both are of "optimizer.learning_rate".
bool IsAllowed(absl::string_view name, const std::set<std::string>& allowed);

// InvalidArgument if there are changes that are not allowed: names each, with
// both values, and how to allow it.
absl::Status CheckChanges(const std::vector<RunChange>& changes,
                          const std::set<std::string>& allowed);

// FailedPrecondition if one of `changes`, which are of libraries and machine,
// has a name in `refused`.
absl::Status CheckNotRefused(const std::vector<RunChange>& changes,
                             const std::set<std::string>& refused);

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_RUN_CHANGES_H_
