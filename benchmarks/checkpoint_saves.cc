#include "benchmarks/checkpoint_saves.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "benchmarks/measure.h"
#include "benchmarks/raw_state.h"
#include "core/base/config.h"
#include "core/base/status_macros.h"
#include "core/base/version.h"
#include "core/io/file_system.h"
#include "saving/async_writer.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"

namespace cairn {
namespace {

// A way of saving. Each function gets a path that is not there yet.
struct Method {
  std::string name;
  std::function<absl::Status(const std::string&)> save;
  std::function<absl::Status()> wait;  // Until its work is done.
  // What is then missing for the files to outlive a power cut.
  std::function<absl::Status(const std::string&)> commit;
  std::function<absl::Status(const std::string&)> load;
};

// By the name of the field, seconds or megabytes of each round.
using Figures = std::map<std::string, std::vector<double>>;

absl::Status Nothing() { return absl::OkStatus(); }
absl::Status NothingAt(const std::string&) { return absl::OkStatus(); }

Method MakeRawMethod(RawState& raw) {
  return {"raw", [&raw](const std::string& path) { return raw.Write(path); },
          Nothing, [&raw](const std::string& path) { return raw.Commit(path); },
          [&raw](const std::string& path) { return raw.Read(path); }};
}

class CairnMethods {
 public:
  explicit CairnMethods(Model& model) : model_(model) {}

  Method Make(const std::string& name) {
    const auto load = [this](const std::string& path) {
      return LoadWeights(model_, path).status();
    };
    if (name == "async") {
      return {name,
              [this](const std::string& path) { return SaveBehind(path); },
              [this] { return writer_.Wait(); }, NothingAt, load};
    }
    const bool sync = name == "sync";
    Method method = {
        name,
        [this, sync](const std::string& path) { return Save(path, sync); },
        Nothing, NothingAt, load};
    if (!sync) {
      method.commit = [](const std::string& path) {
        return SyncFilesIn(DirectoryOf(path));
      };
    }
    return method;
  }

 private:
  absl::Status Save(const std::string& path, bool sync) {
    CAIRN_ASSIGN_OR_RETURN(const Snapshot snapshot,
                           model_.TakeSnapshot(AllParts()));
    return WriteSnapshot(
        snapshot, path,
        {.durability = sync ? Durability::kCommit : Durability::kNone},
        snapshot_writer_);
  }

  absl::Status SaveBehind(const std::string& path) {
    CAIRN_ASSIGN_OR_RETURN(snapshot_,
                           model_.TakeDetachedSnapshot(AllParts(), buffers_));
    writer_.Start([this, path] {
      return WriteSnapshot(snapshot_, path, {}, snapshot_writer_behind_);
    });
    return absl::OkStatus();
  }

  Model& model_;
  Snapshot snapshot_;
  SnapshotBuffers buffers_;
  // Each of one method's snapshots alone, as they share what they hold.
  std::unique_ptr<SnapshotWriter> snapshot_writer_, snapshot_writer_behind_;
  AsyncWriter writer_;
};

absl::StatusOr<int64_t> BytesIn(const std::string& folder) {
  FileSystem& files = FileSystem::Default();
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         files.List(folder));
  int64_t bytes = 0;
  for (const std::string& name : names) {
    CAIRN_ASSIGN_OR_RETURN(const auto file,
                           files.NewRandomAccessFile(JoinPath(folder, name)));
    bytes += file->size();
  }
  return bytes;
}

absl::Status RemoveFilesIn(const std::string& folder) {
  FileSystem& files = FileSystem::Default();
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         files.List(folder));
  for (const std::string& name : names) {
    CAIRN_RETURN_IF_ERROR(files.Remove(JoinPath(folder, name)));
  }
  return absl::OkStatus();
}

// One save and one load. The largest peak of memory counts, that of the first
// round too: later ones find memory that it left behind. Its times do not.
absl::Status MeasureOnce(const Method& method, const std::string& folder,
                         int round, Figures& figures) {
  const std::string path = JoinPath(folder, absl::StrCat("ckpt-", round + 1));
  const double before = ProcessMegabytes("VmRSS");
  ResetPeakMemory();
  const Stopwatch saving;
  CAIRN_RETURN_IF_ERROR(method.save(path));
  const double call = saving.seconds();
  CAIRN_RETURN_IF_ERROR(method.wait());
  const double save = saving.seconds();
  figures["peak"].push_back(ProcessMegabytes("VmHWM") - before);
  const Stopwatch committing;
  CAIRN_RETURN_IF_ERROR(method.commit(path));
  const double durable = save + committing.seconds();
  const Stopwatch loading;
  CAIRN_RETURN_IF_ERROR(method.load(path));
  const double load = loading.seconds();
  CAIRN_ASSIGN_OR_RETURN(const int64_t bytes, BytesIn(folder));
  CAIRN_RETURN_IF_ERROR(RemoveFilesIn(folder));
  if (round < 0) return absl::OkStatus();
  figures["call"].push_back(call);
  figures["save"].push_back(save);
  figures["durable"].push_back(durable);
  figures["load"].push_back(load);
  figures["mb"].push_back(static_cast<double>(bytes) / 1e6);
  return absl::OkStatus();
}

void Print(const CheckpointRuns& runs, const std::string& name,
           int64_t state_bytes, Figures& figures) {
  Config line = Config::Object{
      {"what", "checkpoint"},
      {"peer", "cairn"},
      {"version", std::string(Version())},
      {"method", name},
      {"state", runs.state},
      {"state_mb", Rounded(1e-6 * static_cast<double>(state_bytes), 2)},
      {"call_ms", LeastMedianMost(figures["call"])},
      {"save_ms", LeastMedianMost(figures["save"])},
      {"durable_ms", LeastMedianMost(figures["durable"])},
      {"load_ms", LeastMedianMost(figures["load"])},
      {"disk_mb", Rounded(Median(figures["mb"]), 3)}};
  const std::vector<double>& peaks = figures["peak"];
  line.Set("peak_extra_mb",
           Rounded(*std::max_element(peaks.begin(), peaks.end()), 1));
  if (figures.count("memcpy") > 0) {
    line.Set("memcpy_ms", LeastMedianMost(figures["memcpy"]));
  }
  std::printf("%s\n", line.ToJson().c_str());
  std::fflush(stdout);
}

}  // namespace

const std::vector<std::string>& SaveMethods() {
  static const auto* const names =
      new std::vector<std::string>{"sync", "async", "unsynced"};
  return *names;
}

absl::Status MeasureSaves(const CheckpointRuns& runs,
                          const std::vector<std::string>& methods,
                          SavedState& state) {
  RawState raw(state.state_bytes);
  CairnMethods cairn_methods(*state.model);
  std::vector<Method> all = {MakeRawMethod(raw)};
  for (const std::string& name : methods) {
    all.push_back(cairn_methods.Make(name));
  }
  FileSystem& files = FileSystem::Default();
  for (const Method& method : all) {
    CAIRN_RETURN_IF_ERROR(
        files.CreateDirectories(JoinPath(runs.folder, method.name)));
  }
  std::map<std::string, Figures> figures;
  for (int round = -1; round < runs.rounds; ++round) {
    for (const Method& method : all) {
      CAIRN_RETURN_IF_ERROR(MeasureOnce(method,
                                        JoinPath(runs.folder, method.name),
                                        round, figures[method.name]));
    }
    if (round < 0) continue;
    const Stopwatch copying;
    raw.Copy();
    figures["raw"]["memcpy"].push_back(copying.seconds());
  }
  for (const Method& method : all) {
    Print(runs, method.name, state.state_bytes, figures[method.name]);
  }
  return absl::OkStatus();
}

}  // namespace cairn
