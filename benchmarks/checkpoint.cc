// What checkpoints cost: saving and loading a state beside writing and reading
// the same bytes, and how much a training loop is slowed by its saves. Prints
// lines of JSON with the fields that programs of other frameworks print too;
// docs/benchmarks.md says what they mean.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "benchmarks/checkpoint_saves.h"
#include "benchmarks/checkpoint_stall.h"
#include "benchmarks/saved_state.h"
#include "core/base/status_macros.h"

ABSL_FLAG(std::string, state, "mlp512",
          "what is saved: mlp512 (4.9 MB), mlpwide (70 MB), big (442 MB) or "
          "many (6,000 small tensors)");
ABSL_FLAG(int, rounds, 5, "how often each method is measured");
ABSL_FLAG(std::string, folder, "",
          "where to save: an empty folder, or one to be made, on the disk that "
          "is to be measured; what is written there is removed");
ABSL_FLAG(int, threads, 2, "how many threads train; 0: one for each core");
ABSL_FLAG(std::string, every, "10,100",
          "steps between two saves of the training loop");
ABSL_FLAG(std::string, only, "", "save or stall; empty: both");
ABSL_FLAG(std::string, methods, "sync,async",
          "sync, async, unsynced, raw; the loop has no unsynced, and saving "
          "beside others is always compared with raw");

namespace cairn {
namespace {

absl::StatusOr<std::vector<int64_t>> ParseIntervals(const std::string& text) {
  std::vector<int64_t> intervals;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    int64_t steps = 0;
    if (!absl::SimpleAtoi(part, &steps) || steps < 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--every takes numbers of steps, \"10,100\", not \"", text, "\""));
    }
    intervals.push_back(steps);
  }
  return intervals;
}

// Those of `asked` that are in `known`.
std::vector<std::string> Among(const std::vector<std::string>& asked,
                               const std::vector<std::string>& known) {
  std::vector<std::string> found;
  for (const std::string& name : asked) {
    if (std::count(known.begin(), known.end(), name) > 0) found.push_back(name);
  }
  return found;
}

// Makes the folder if it is not there. FailedPrecondition if it holds anything:
// what this program leaves it removes.
absl::Status PrepareFolder(const std::string& folder) {
  if (folder.empty()) {
    return absl::InvalidArgumentError("--folder says where to save; give one");
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const bool is_empty = !error && std::filesystem::is_empty(folder, error);
  if (error) {
    return absl::FailedPreconditionError(absl::StrCat(
        "--folder \"", folder, "\" cannot be used: ", error.message()));
  }
  if (is_empty) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("--folder \"", folder, "\" is not empty; name one that is"));
}

struct Plans {
  CheckpointRuns runs;
  std::vector<std::string> save_methods, stall_methods;
  std::vector<int64_t> intervals;
};

absl::StatusOr<Plans> ReadFlags() {
  Plans plans;
  plans.runs = {.state = absl::GetFlag(FLAGS_state),
                .folder = absl::GetFlag(FLAGS_folder),
                .rounds = absl::GetFlag(FLAGS_rounds),
                .threads = absl::GetFlag(FLAGS_threads)};
  if (plans.runs.rounds < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("--rounds must be 1 or more, got ", plans.runs.rounds));
  }
  const std::string only = absl::GetFlag(FLAGS_only);
  if (only != "" && only != "save" && only != "stall") {
    return absl::InvalidArgumentError(
        absl::StrCat("--only takes save or stall, not \"", only, "\""));
  }
  const std::vector<std::string> methods =
      absl::StrSplit(absl::GetFlag(FLAGS_methods), ',');
  for (const std::string& method : methods) {
    if (Among({method}, SaveMethods()).empty() &&
        Among({method}, StallMethods()).empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("no method \"", method, "\"; there are ",
                       absl::StrJoin(SaveMethods(), ", "), ", raw"));
    }
  }
  if (only != "stall") plans.save_methods = Among(methods, SaveMethods());
  if (only != "save") plans.stall_methods = Among(methods, StallMethods());
  CAIRN_ASSIGN_OR_RETURN(plans.intervals,
                         ParseIntervals(absl::GetFlag(FLAGS_every)));
  return plans;
}

absl::Status Measure() {
  CAIRN_ASSIGN_OR_RETURN(const Plans plans, ReadFlags());
  CAIRN_ASSIGN_OR_RETURN(SavedState state,
                         MakeSavedState(plans.runs.state, plans.runs.threads));
  CAIRN_RETURN_IF_ERROR(PrepareFolder(plans.runs.folder));
  absl::Status status;
  if (!plans.save_methods.empty()) {
    status = MeasureSaves(plans.runs, plans.save_methods, state);
  }
  if (status.ok() && !plans.stall_methods.empty()) {
    status =
        MeasureStall(plans.runs, plans.stall_methods, plans.intervals, state);
  }
  std::error_code ignored;
  std::filesystem::remove_all(plans.runs.folder, ignored);
  return status;
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "measures what checkpoints cost.\n"
      "  checkpoint --state mlp512 --rounds 5 --folder DIR");
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    std::fprintf(stderr, "error: unknown argument \"%s\"\n", rest[1]);
    return 2;
  }
  const absl::Status status = cairn::Measure();
  if (status.ok()) return 0;
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? 2 : 1;
}
