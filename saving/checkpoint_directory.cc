#include "saving/checkpoint_directory.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "core/base/annotate.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "saving/codec/checkpoint_state.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/spare_files.h"
#include "saving/staged_write.h"

namespace cairn {
namespace {

constexpr char kStateFile[] = "checkpoint";
constexpr absl::string_view kIndexSuffix = ".index";

// "12" of "ckpt-12", or -1.
int64_t NumberAtEnd(absl::string_view name) {
  size_t digits = 0;
  while (digits < name.size() &&
         absl::ascii_isdigit(name[name.size() - 1 - digits])) {
    ++digits;
  }
  int64_t number = -1;
  if (!absl::SimpleAtoi(name.substr(name.size() - digits), &number)) return -1;
  return number;
}

// Whether `name` is a file of the checkpoint called `base`.
bool IsFileOf(absl::string_view name, absl::string_view base) {
  if (!absl::ConsumePrefix(&name, base)) return false;
  return name == kIndexSuffix || absl::StartsWith(name, ".data-");
}

// The last row of a history.
Logs LastRow(const Config& run) {
  Logs row;
  const auto config = run.Find("history");
  if (!config.ok()) return row;
  const auto history = History::FromConfig(**config);
  if (!history.ok() || history->epochs().empty()) return row;
  for (const std::string& name : history->names()) {
    row.emplace_back(name, history->Find(name)->back());
  }
  return row;
}

// A callback's state after `step`, if it is one that watches a metric.
std::optional<MonitoredValue> ReadMonitored(const Config& state, int64_t step) {
  const auto monitor = state.Get<std::string>("monitor");
  const auto mode = state.Get<std::string>("mode");
  const auto value = state.Get<double>("value");
  const auto best = state.Get<double>("best");
  const auto best_step = state.Get<int64_t>("best_step");
  if (!monitor.ok() || !mode.ok() || !value.ok() || !best.ok() ||
      !best_step.ok()) {
    return std::nullopt;
  }
  // Where two callbacks save after one step the second has not seen its value
  // when the first does, and says that of before.
  const bool is_of_this_step =
      state.Get<int64_t>("value_step").value_or(step) == step;
  return MonitoredValue{.monitor = *monitor,
                        .larger_is_better = *mode == "max",
                        .value = is_of_this_step ? *value : std::nan(""),
                        .best = *best,
                        .best_step = *best_step};
}

// What the checkpoint itself says of its run.
void ReadProgress(const SnapshotReader& reader, CheckpointSummary& summary) {
  const auto extras = reader.ReadConfig(Part::kExtras);
  if (!extras.ok() || !extras->is_object()) return;
  const Config::Object states = *extras->As<Config::Object>();
  for (const auto& [key, state] : states) {
    if (key != kRunExtras) continue;
    summary.step = state.Get<int64_t>("step").value_or(summary.step);
    summary.epoch = state.Get<int64_t>("epoch").value_or(summary.epoch);
    summary.step_in_epoch = state.Get<int64_t>("step_in_epoch").value_or(0);
    summary.run_id = state.Get<std::string>("id").value_or("");
    summary.metrics = LastRow(state);
  }
  for (const auto& [key, state] : states) {
    if (!absl::StartsWith(key, kCallbackExtras)) continue;
    const std::optional<MonitoredValue> monitored =
        ReadMonitored(state, summary.step);
    if (monitored.has_value()) summary.monitored.push_back(*monitored);
  }
}

int64_t BytesOf(FileSystem& files, const std::string& prefix,
                const std::vector<std::string>& names) {
  int64_t bytes = 0;
  for (const std::string& name : names) {
    if (!IsFileOf(name, BaseName(prefix))) continue;
    const auto file =
        files.NewRandomAccessFile(JoinPath(DirectoryOf(prefix), name));
    if (file.ok()) bytes += (*file)->size();
  }
  return bytes;
}

// Such an error may pass, so that once more is tried.
template <typename Try>
absl::Status TryTwice(Try attempt) {
  const absl::Status status = attempt();
  return IsOfDevice(status) ? attempt() : status;
}

CheckpointSummary Summarize(FileSystem& files, const std::string& prefix,
                            const std::vector<std::string>& names) {
  CheckpointSummary summary{.prefix = prefix,
                            .bytes = BytesOf(files, prefix, names)};
  summary.step = NumberAtEnd(BaseName(prefix));
  summary.status = TryTwice([&] {
    const auto reader = OpenFile(files, prefix);
    if (reader.ok()) ReadProgress(**reader, summary);
    return reader.status();
  });
  // Somebody's folder with such a name is no device that fails.
  if (IsOfDevice(summary.status) && files.List(BundleIndexPath(prefix)).ok()) {
    summary.status = absl::NotFoundError("its index is a folder");
  }
  return summary;
}

// Whether one that could not be opened is older all the same: both are named by
// their steps, as "ckpt-12".
bool IsOlderByName(const CheckpointSummary& unread,
                   const CheckpointSummary& other) {
  const auto stem = [](const std::string& prefix) {
    return prefix.substr(0, prefix.find_last_not_of("0123456789") + 1);
  };
  return stem(unread.prefix) == stem(other.prefix) &&
         other.step == NumberAtEnd(BaseName(other.prefix)) &&
         unread.step < other.step;
}

absl::Status Unreadable(const absl::Status& status, const std::string& prefix) {
  return Annotate(status,
                  absl::StrCat("the checkpoint ", prefix,
                               " cannot be read now, and it may be the one "
                               "that is wanted"));
}

// Of those that could not be opened, the first that may be newer than
// `newest`. Null if there is none.
const CheckpointSummary* FindUnread(
    const std::vector<CheckpointSummary>& checkpoints,
    const CheckpointSummary& newest) {
  for (const CheckpointSummary& one : checkpoints) {
    if (IsOfDevice(one.status) && !IsOlderByName(one, newest)) return &one;
  }
  return nullptr;
}

// Reads all parts, and tests what no part of a snapshot takes.
absl::Status ReadWhole(FileSystem& files, const std::string& prefix,
                       CheckpointRead& read) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                         OpenFile(files, prefix));
  CAIRN_ASSIGN_OR_RETURN(read.snapshot, ReadAll(*reader, AllParts()));
  read.prefix = prefix;
  return reader->Verify();
}

// Tries the checkpoints from the newest on, until one can be used. One that the
// device does not give ends the search: an older one would be a loss.
template <typename Use>
absl::Status UseNewest(const std::string& directory, FileSystem& files,
                       bool only_runs, const std::string& run_id, Use use) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<CheckpointSummary> checkpoints,
                         ListCheckpoints(directory, files));
  int damaged = 0;
  for (size_t i = checkpoints.size(); i-- > 0;) {
    const CheckpointSummary& checkpoint = checkpoints[i];
    absl::Status status = checkpoint.status;
    if (only_runs && status.ok() && checkpoint.epoch < 0) continue;
    if (!run_id.empty() && status.ok() && checkpoint.run_id != run_id) continue;
    if (status.ok()) {
      if (const auto* unread = FindUnread(checkpoints, checkpoint)) {
        return Unreadable(unread->status, unread->prefix);
      }
      status = TryTwice([&] { return use(checkpoint.prefix); });
    }
    if (status.ok()) return status;
    if (IsOfDevice(status)) return Unreadable(status, checkpoint.prefix);
    ++damaged;
    LogWarning(
        absl::StrCat("the checkpoint ", checkpoint.prefix,
                     " cannot be used and is passed over: ", status.message()));
  }
  return absl::NotFoundError(absl::StrCat("no checkpoint in \"", directory,
                                          "\" can be used; ", damaged,
                                          " damaged"));
}

}  // namespace

bool IsNumbered(absl::string_view name, absl::string_view name_prefix) {
  return absl::ConsumePrefix(&name, name_prefix) && !name.empty() &&
         name.find_first_not_of("0123456789") == absl::string_view::npos;
}

bool IsOfDevice(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<std::vector<CheckpointSummary>> ListCheckpoints(
    const std::string& directory, FileSystem& files) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         files.List(directory));
  std::vector<CheckpointSummary> checkpoints;
  for (const std::string& name : names) {
    absl::string_view base = name;
    if (!absl::ConsumeSuffix(&base, kIndexSuffix)) continue;
    checkpoints.push_back(
        Summarize(files, JoinPath(directory, std::string(base)), names));
  }
  const auto age = [](const CheckpointSummary& one) {
    const auto known = std::count_if(
        one.monitored.begin(), one.monitored.end(),
        [](const MonitoredValue& value) { return !std::isnan(value.value); });
    return std::make_pair(one.step, known);
  };
  // Names are sorted, so that the order does not depend on the file system.
  std::stable_sort(
      checkpoints.begin(), checkpoints.end(),
      [&](const auto& a, const auto& b) { return age(a) < age(b); });
  return checkpoints;
}

absl::StatusOr<std::string> LatestCheckpoint(const std::string& directory,
                                             FileSystem& files) {
  std::string found;
  CAIRN_RETURN_IF_ERROR(UseNewest(directory, files, /*only_runs=*/false, "",
                                  [&](const std::string& prefix) {
                                    const auto reader = OpenFile(files, prefix);
                                    if (!reader.ok()) return reader.status();
                                    found = prefix;
                                    return (*reader)->Verify();
                                  }));
  return found;
}

absl::StatusOr<std::string> BestCheckpoint(const std::string& directory,
                                           const std::string& monitor,
                                           FileSystem& files) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<CheckpointSummary> checkpoints,
                         ListCheckpoints(directory, files));
  for (const CheckpointSummary& one : checkpoints) {
    if (IsOfDevice(one.status)) return Unreadable(one.status, one.prefix);
  }
  // Better ones come to the end; of equals the newer stay behind the older, as
  // a later value must be better to take the place.
  std::vector<std::pair<double, const CheckpointSummary*>> ranked;
  std::string wanted = monitor;
  for (auto it = checkpoints.rbegin(); it != checkpoints.rend(); ++it) {
    for (const MonitoredValue& one : it->monitored) {
      if (wanted.empty()) wanted = one.monitor;
      if (one.monitor != wanted || std::isnan(one.value)) continue;
      ranked.emplace_back(one.larger_is_better ? one.value : -one.value, &*it);
    }
  }
  std::stable_sort(
      ranked.begin(), ranked.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto it = ranked.rbegin(); it != ranked.rend(); ++it) {
    const std::string& prefix = it->second->prefix;
    const absl::Status status = TryTwice([&] {
      const auto reader = OpenFile(files, prefix);
      return reader.ok() ? (*reader)->Verify() : reader.status();
    });
    if (status.ok()) return prefix;
    if (IsOfDevice(status)) return Unreadable(status, prefix);
    LogWarning(absl::StrCat("the checkpoint ", prefix,
                            " has the best value of \"", wanted,
                            "\" and cannot be used: ", status.message()));
  }
  return absl::NotFoundError(absl::StrCat(
      "no good checkpoint in \"", directory, "\" says a value of ",
      wanted.empty() ? "a metric" : absl::StrCat("\"", wanted, "\""),
      "; a ModelCheckpoint with a monitor writes such"));
}

absl::StatusOr<CheckpointRead> ReadNewestCheckpoint(
    const std::string& directory, FileSystem& files,
    const std::string& run_id) {
  CheckpointRead read;
  CAIRN_RETURN_IF_ERROR(UseNewest(directory, files, /*only_runs=*/true, run_id,
                                  [&](const std::string& prefix) {
                                    return ReadWhole(files, prefix, read);
                                  }));
  return read;
}

absl::StatusOr<CheckpointRead> ReadCheckpointOrBackup(const std::string& prefix,
                                                      FileSystem& files) {
  CheckpointRead read;
  const absl::Status status =
      TryTwice([&] { return ReadWhole(files, prefix, read); });
  if (status.ok()) return read;
  if (IsOfDevice(status)) return Unreadable(status, prefix);
  const std::string backup = absl::StrCat(prefix, ".backup");
  const absl::Status second =
      TryTwice([&] { return ReadWhole(files, backup, read); });
  if (IsOfDevice(second)) return Unreadable(second, backup);
  if (!second.ok()) return status;
  LogWarning(absl::StrCat("the checkpoint ", prefix,
                          " cannot be used, and the one before is taken, ",
                          backup, ": ", status.message()));
  return read;
}

absl::Status WriteCheckpointState(const std::string& directory,
                                  const CheckpointState& state,
                                  const SaveOptions& options) {
  const std::string text = EncodeCheckpointState(state);
  const auto write = [&]() -> absl::Status {
    StagedWrite staged(options);
    CAIRN_ASSIGN_OR_RETURN(WritableFile* const file,
                           staged.Create(JoinPath(directory, kStateFile)));
    CAIRN_RETURN_IF_ERROR(file->Append(absl::MakeConstSpan(
        reinterpret_cast<const std::byte*>(text.data()), text.size())));
    return staged.Commit();
  };
  const absl::Status written = write();
  const bool has_room =
      absl::IsResourceExhausted(written) && SpareFiles::GiveBackAll();
  return has_room ? write() : written;
}

absl::Status WriteCheckpointState(const std::string& directory,
                                  const std::vector<std::string>& prefixes,
                                  const std::vector<double>& timestamps,
                                  const SaveOptions& options) {
  CheckpointState state{.timestamps = timestamps};
  for (const std::string& prefix : prefixes) {
    state.all.push_back(BaseName(prefix));
  }
  if (!state.all.empty()) state.newest = state.all.back();
  // TensorFlow's manager takes over what is younger than this. Clocks are set
  // back at times, so the oldest need not be the first.
  if (!timestamps.empty()) {
    state.last_preserved =
        *std::min_element(timestamps.begin(), timestamps.end()) - 1;
  }
  return WriteCheckpointState(directory, state, options);
}

absl::StatusOr<CheckpointState> ReadCheckpointState(
    const std::string& directory, FileSystem& files) {
  const std::string path = JoinPath(directory, kStateFile);
  CAIRN_ASSIGN_OR_RETURN(const std::string text, ReadFile(files, path));
  auto state = DecodeCheckpointState(text);
  if (!state.ok()) return Annotate(state.status(), path);
  return state;
}

int64_t CheckpointBytes(const std::string& prefix, FileSystem& files) {
  const auto names = files.List(DirectoryOf(prefix));
  return names.ok() ? BytesOf(files, prefix, *names) : 0;
}

absl::Status RemoveCheckpoint(const std::string& prefix, FileSystem& files,
                              bool sync, SpareFiles* spares) {
  const std::string directory = DirectoryOf(prefix);
  const std::string base = BaseName(prefix);
  CAIRN_ASSIGN_OR_RETURN(std::vector<std::string> names, files.List(directory));
  names.erase(
      std::remove_if(names.begin(), names.end(),
                     [&](const auto& name) { return !IsFileOf(name, base); }),
      names.end());
  const auto data = std::stable_partition(
      names.begin(), names.end(),
      [](const auto& name) { return absl::EndsWith(name, kIndexSuffix); });
  const auto remove = [&](auto begin, auto end) -> absl::Status {
    for (auto name = begin; name != end; ++name) {
      const absl::Status removed =
          Retire(spares, files, JoinPath(directory, *name));
      if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
    }
    return absl::OkStatus();
  };
  CAIRN_RETURN_IF_ERROR(remove(names.begin(), data));
  // Also where an index is gone already, perhaps without a sync.
  if (sync && !names.empty()) {
    CAIRN_RETURN_IF_ERROR(files.SyncDirectory(directory));
  }
  return remove(data, names.end());
}

}  // namespace cairn
