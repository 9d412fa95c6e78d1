// `cairn ls DIR`: the checkpoints of a folder, and whether they are good.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
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

// The losses and metrics of the last epoch that a checkpoint knows of; nothing
// if it is no checkpoint of a run.
absl::StatusOr<Logs> ReadLastLogs(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader, OpenSnapshot(prefix));
  CAIRN_ASSIGN_OR_RETURN(const Config extras,
                         reader->ReadConfig(Part::kExtras));
  CAIRN_ASSIGN_OR_RETURN(const Config* run, extras.Find("run"));
  CAIRN_ASSIGN_OR_RETURN(const Config* values, run->Find("history"));
  CAIRN_ASSIGN_OR_RETURN(const History history, History::FromConfig(*values));
  Logs logs;
  for (const std::string& name : history.names()) {
    const std::vector<double>* of_epochs = history.Find(name);
    if (!of_epochs->empty()) logs.emplace_back(name, of_epochs->back());
  }
  return logs;
}

// One line of the table.
struct Listed {
  CheckpointSummary summary;
  absl::Status status;
  Logs logs;
};

std::string CountText(int64_t count) {
  return count < 0 ? "-" : absl::StrCat(count);
}

std::string StateText(const Listed& listed, bool newest) {
  if (listed.status.ok()) return newest ? "good, newest" : "good";
  return absl::StrCat("damaged: ", listed.status.message());
}

Listed Look(CheckpointSummary summary) {
  Listed listed{.summary = std::move(summary)};
  listed.status = listed.summary.status.ok()
                      ? VerifySnapshot(listed.summary.prefix)
                      : listed.summary.status;
  const absl::StatusOr<Logs> logs = ReadLastLogs(listed.summary.prefix);
  if (logs.ok()) listed.logs = *logs;
  return listed;
}

// The names in all logs, each once, in the order they first come in.
std::vector<std::string> LogNames(const std::vector<Listed>& all) {
  std::vector<std::string> names;
  for (const Listed& listed : all) {
    for (const auto& [name, value] : listed.logs) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  return names;
}

std::string TableText(const std::vector<Listed>& all) {
  constexpr auto kRight = Table::Column::Side::kRight;
  const std::vector<std::string> log_names = LogNames(all);
  std::vector<Table::Column> columns = {
      {"checkpoint"}, {"step", kRight}, {"epoch", kRight}, {"bytes", kRight}};
  for (const std::string& name : log_names) columns.push_back({name, kRight});
  columns.push_back({"state"});
  Table table(columns);
  const auto newest =
      std::find_if(all.rbegin(), all.rend(),
                   [](const Listed& listed) { return listed.status.ok(); });
  for (const Listed& listed : all) {
    std::vector<std::string> row = {
        BaseName(listed.summary.prefix), CountText(listed.summary.step),
        CountText(listed.summary.epoch), CountText(listed.summary.bytes)};
    for (const std::string& name : log_names) {
      const double value = FindLog(listed.logs, name);
      row.push_back(std::isnan(value) ? "-" : absl::StrFormat("%.4f", value));
    }
    row.push_back(
        StateText(listed, newest != all.rend() && &listed == &*newest));
    table.AddRow(std::move(row));
  }
  return table.ToString();
}

absl::Status ListFolder(const Invocation& invocation, std::ostream& out) {
  const std::string folder = UserPath(invocation.arguments[0]);
  CAIRN_ASSIGN_OR_RETURN(std::vector<CheckpointSummary> summaries,
                         ListCheckpoints(folder));
  if (summaries.empty()) {
    out << "no checkpoints in " << folder << "\n";
    return absl::OkStatus();
  }
  std::vector<Listed> all;
  for (CheckpointSummary& summary : summaries) {
    all.push_back(Look(std::move(summary)));
  }
  out << TableText(all);
  return absl::OkStatus();
}

const VerbRegistrar registrar(
    {.name = "ls",
     .arguments = {"DIR"},
     .purpose = "list a folder's checkpoints and verify each",
     .run = ListFolder});

}  // namespace
}  // namespace cairn
