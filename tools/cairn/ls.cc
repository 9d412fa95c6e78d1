// `cairn ls DIR`: the checkpoints of a folder, and whether they are good.
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/base/config.h"
#include "core/base/status_macros.h"
#include "core/io/file_system.h"
#include "core/io/user_path.h"
#include "core/training/history.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "tools/cairn/table.h"
#include "tools/cairn/verb.h"

namespace cairn {
namespace {

// One checkpoint as it is shown.
struct Listed {
  CheckpointSummary summary;
  absl::Status status;
  double saved = -1;  // In seconds since 1970; -1 if that is not known.
  bool newest = false, best = false;
};

// When the folder's checkpoints were saved, by name, as its state file says.
std::map<std::string, double> SavedTimes(const std::string& folder) {
  std::map<std::string, double> times;
  const auto state = ReadCheckpointState(folder);
  if (!state.ok()) return times;
  for (size_t i = 0; i < state->timestamps.size(); ++i) {
    times[BaseName(state->all[i])] = state->timestamps[i];
  }
  return times;
}

double ModificationTime(const std::string& path) {
  struct stat file;
  if (::stat(path.c_str(), &file) != 0) return -1;
  return static_cast<double>(file.st_mtim.tv_sec) + file.st_mtim.tv_nsec / 1e9;
}

// The newest good one, and the best good one by the metric that the newest
// watches. Of equals the older is the best, as a run calls it.
void MarkNewestAndBest(std::vector<Listed>& all) {
  Listed* newest = nullptr;
  Listed* best = nullptr;
  std::string monitor;
  double best_value = 0;
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if (!it->status.ok()) continue;
    if (newest == nullptr) newest = &*it;
    for (const MonitoredValue& one : it->summary.monitored) {
      if (monitor.empty()) monitor = one.monitor;
      if (one.monitor != monitor || std::isnan(one.value)) continue;
      const double value = one.larger_is_better ? one.value : -one.value;
      if (best != nullptr && value < best_value) continue;
      best = &*it;
      best_value = value;
    }
  }
  if (newest != nullptr) newest->newest = true;
  if (best != nullptr) best->best = true;
}

absl::StatusOr<std::vector<Listed>> ListAll(const std::string& folder,
                                            bool quick) {
  CAIRN_ASSIGN_OR_RETURN(std::vector<CheckpointSummary> summaries,
                         ListCheckpoints(folder));
  const std::map<std::string, double> times = SavedTimes(folder);
  std::vector<Listed> all;
  for (CheckpointSummary& summary : summaries) {
    Listed listed{.summary = std::move(summary)};
    const std::string& prefix = listed.summary.prefix;
    listed.status = listed.summary.status.ok() && !quick
                        ? VerifySnapshot(absl::StrCat(prefix, ".index"))
                        : listed.summary.status;
    const auto time = times.find(BaseName(prefix));
    listed.saved = time != times.end()
                       ? time->second
                       : ModificationTime(absl::StrCat(prefix, ".index"));
    all.push_back(std::move(listed));
  }
  MarkNewestAndBest(all);
  return all;
}

std::string CountText(int64_t count) {
  return count < 0 ? "-" : absl::StrCat(count);
}

// "12s", "5min", "3h", "2d".
std::string AgeText(double saved) {
  if (saved < 0) return "-";
  const double now = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  const auto age = static_cast<int64_t>(std::max(0.0, now - saved));
  if (age < 60) return absl::StrCat(age, "s");
  if (age < 60 * 60) return absl::StrCat(age / 60, "min");
  if (age < 48 * 60 * 60) return absl::StrCat(age / 60 / 60, "h");
  return absl::StrCat(age / 60 / 60 / 24, "d");
}

std::string StateText(const Listed& listed, bool quick) {
  if (!listed.status.ok()) {
    return absl::StrCat("damaged: ", listed.status.message());
  }
  return absl::StrCat(quick ? "opens" : "good", listed.newest ? ", newest" : "",
                      listed.best ? ", best" : "");
}

// The names of all metrics, each once, in the order they first come in.
std::vector<std::string> MetricNames(const std::vector<Listed>& all) {
  std::vector<std::string> names;
  for (const Listed& listed : all) {
    for (const auto& [name, value] : listed.summary.metrics) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  return names;
}

std::string TableText(const std::vector<Listed>& all, bool quick) {
  constexpr auto kRight = Table::Column::Side::kRight;
  const std::vector<std::string> metrics = MetricNames(all);
  std::vector<Table::Column> columns = {{"checkpoint"},
                                        {"step", kRight},
                                        {"epoch", kRight},
                                        {"bytes", kRight},
                                        {"age", kRight}};
  for (const std::string& name : metrics) columns.push_back({name, kRight});
  columns.push_back({"state"});
  Table table(columns);
  for (const Listed& listed : all) {
    const CheckpointSummary& summary = listed.summary;
    std::vector<std::string> row = {
        BaseName(summary.prefix), CountText(summary.step),
        CountText(summary.epoch), CountText(summary.bytes),
        AgeText(listed.saved)};
    for (const std::string& name : metrics) {
      const double value = FindLog(summary.metrics, name);
      row.push_back(std::isnan(value) ? "-" : absl::StrFormat("%.4f", value));
    }
    row.push_back(StateText(listed, quick));
    table.AddRow(std::move(row));
  }
  return table.ToString();
}

// What is not known is null.
Config NumberOrNull(int64_t number) {
  return number < 0 ? Config() : Config(number);
}

Config ListedConfig(const Listed& listed) {
  const CheckpointSummary& summary = listed.summary;
  Config::Object metrics;
  for (const auto& [name, value] : summary.metrics) {
    metrics.emplace_back(name, std::isnan(value) ? Config() : Config(value));
  }
  Config::Object config = {
      {"path", summary.prefix},
      {"step", NumberOrNull(summary.step)},
      {"epoch", NumberOrNull(summary.epoch)},
      {"bytes", summary.bytes},
      {"saved", listed.saved < 0 ? Config() : Config(listed.saved)},
      {"good", listed.status.ok()},
      {"newest", listed.newest},
      {"best", listed.best},
      {"metrics", std::move(metrics)}};
  if (!listed.status.ok()) {
    config.emplace_back("error", listed.status.message());
  }
  return config;
}

absl::StatusOr<Answer> ListFolder(const Invocation& invocation,
                                  std::ostream& out) {
  const std::string folder = UserPath(invocation.arguments[0]);
  const bool quick = invocation.Has("--quick");
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Listed> all, ListAll(folder, quick));
  if (invocation.Has("--json")) {
    Config::List list;
    for (const Listed& listed : all) list.push_back(ListedConfig(listed));
    out << Config(Config::Object{{"checkpoints", std::move(list)}}).ToJson(2)
        << "\n";
  } else if (all.empty()) {
    out << "no checkpoints in " << folder << "\n";
  } else {
    out << TableText(all, quick);
  }
  return Answer::kYes;
}

const VerbRegistrar registrar(
    {.name = "ls",
     .arguments = {"DIR"},
     .options = {{"--json", "", "an object with a list \"checkpoints\""},
                 {"--quick", "", "open each and test no checksums of tensors"}},
     .purpose = "list a folder's checkpoints and verify each",
     .details =
         "By step, the newest last. \"newest\" is the newest good one, which "
         "resuming\ntakes; \"best\" is the good one with the best value of the "
         "metric that its\nModelCheckpoint watches. Metrics are those of the "
         "last epoch that had ended.\nThe age is that of the time that the "
         "file \"checkpoint\" says, else of the\nindex. Exits with 0 also "
         "where some are damaged; see verify.",
     .run = ListFolder});

}  // namespace
}  // namespace cairn
