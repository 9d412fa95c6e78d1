// `cairn average A B... --out D`: the mean of checkpoints.
#include <string>
#include <vector>

#include "core/base/status_macros.h"
#include "core/io/user_path.h"
#include "saving/checkpoint_average.h"
#include "tools/cairn/verb.h"

namespace cairn {
namespace {

absl::StatusOr<Answer> AverageAll(const Invocation& invocation,
                                  std::ostream& out) {
  std::vector<std::string> paths;
  for (const std::string& argument : invocation.arguments) {
    paths.push_back(UserPath(argument));
  }
  const std::string result = UserPath(*invocation.ValueOf("--out"));
  CAIRN_ASSIGN_OR_RETURN(const AverageReport report,
                         AverageCheckpoints(paths, result));
  out << "wrote " << result << ": the mean of " << report.averaged
      << " floating tensors of " << paths.size() << " checkpoints; "
      << report.equal << " other entries are equal in all\n";
  for (const std::string& key : report.of_last) {
    out << "as in the last: " << key << "\n";
  }
  return Answer::kYes;
}

const VerbRegistrar registrar(
    {.name = "average",
     .arguments = {"CHECKPOINT..."},
     .options = {{.name = "--out",
                  .value = "PREFIX",
                  .purpose = "where the result goes",
                  .required = true}},
     .purpose = "write the mean of checkpoints of one model",
     .details =
         "All must have the same keys, types and shapes. Floating tensors are "
         "summed in\ndouble and rounded once. Of integers, configs and "
         "counters that differ, those of\nthe last checkpoint are taken, and "
         "named.",
     .run = AverageAll});

}  // namespace
}  // namespace cairn
