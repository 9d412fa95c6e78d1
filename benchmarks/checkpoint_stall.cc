#include "benchmarks/checkpoint_stall.h"

#include <cstdio>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "benchmarks/measure.h"
#include "callbacks/model_checkpoint.h"
#include "core/base/config.h"
#include "core/base/status_macros.h"
#include "core/base/version.h"
#include "core/io/file_system.h"
#include "core/training/snapshot.h"
#include "saving/async_writer.h"

namespace cairn {
namespace {

// The first saves of a run make the files whose room the later ones use again.
// A run that goes on pays for these once, so they are not timed.
constexpr int64_t kFirstSaves = 3;

// How long a run is, in steps.
struct RunLength {
  int64_t first = 0;  // Before time is taken.
  int64_t timed = 0;
};

// What one run took, in seconds.
struct TimedRun {
  double loop = 0;            // All timed steps with the calls of saves.
  double drain = 0;           // What is still to write behind them.
  std::vector<double> calls;  // Of each save, in the callback.
};

// Ends a run after its length, and sees how long it took. It is the last of
// the callbacks, and its other half is the first.
class RunTimer : public StatelessCallback {
 public:
  class First : public StatelessCallback {
   public:
    absl::string_view class_name() const override { return "RunTimerFirst"; }
    absl::Status OnTrainBatchEnd(TrainingSession&, const Logs&) override {
      step_end_ = absl::Now();
      return absl::OkStatus();
    }
    absl::Time step_end() const { return step_end_; }

   private:
    absl::Time step_end_;
  };

  // `every`: steps between two saves; 0: there are none.
  RunTimer(const RunLength& length, int64_t every)
      : length_(length), every_(every) {}
  absl::string_view class_name() const override { return "RunTimer"; }
  absl::Status OnTrainBegin(TrainingSession&) override {
    begin_ = absl::Now();
    return absl::OkStatus();
  }
  // Behind that of the ModelCheckpoint.
  absl::Status OnSavePoint(TrainingSession& session, const Logs&) override {
    const absl::Time now = absl::Now();
    const int64_t step = session.step();
    if (step <= length_.first) {
      begin_ = now;
      return absl::OkStatus();
    }
    if (every_ > 0 && step % every_ == 0) {
      times_.calls.push_back(absl::ToDoubleSeconds(now - first_.step_end()));
    }
    if (step < length_.first + length_.timed) return absl::OkStatus();
    times_.loop = absl::ToDoubleSeconds(now - begin_);
    loop_end_ = now;
    session.RequestStop();
    return absl::OkStatus();
  }
  Callback* first() { return &first_; }
  // To be called right after the run.
  TimedRun Finish() {
    times_.drain = absl::ToDoubleSeconds(absl::Now() - loop_end_);
    return std::move(times_);
  }

 private:
  const RunLength length_;
  const int64_t every_;
  First first_;
  absl::Time begin_, loop_end_;
  TimedRun times_;
};

// The least that a durable save behind the training can be: a copy of the
// state, whose bytes go past the system's memory into one file that is there,
// and one sync. It is no save: a power cut meanwhile leaves neither the old nor
// the new, and nothing says what the bytes are.
class RawSaver : public StatelessCallback {
 public:
  RawSaver(std::string path, int64_t every)
      : path_(std::move(path)), every_(every) {}
  absl::string_view class_name() const override { return "RawSaver"; }
  absl::Status OnSavePoint(TrainingSession& session, const Logs&) override {
    if (session.step() % every_ != 0) return absl::OkStatus();
    CAIRN_RETURN_IF_ERROR(writer_.Wait());
    CAIRN_ASSIGN_OR_RETURN(snapshot_,
                           session.TakeDetachedSnapshot(
                               {Part::kWeights, Part::kOptimizer}, buffers_));
    writer_.Start([this] { return Write(); });
    return absl::OkStatus();
  }
  absl::Status OnTrainEnd(TrainingSession&, const Logs&) override {
    return writer_.Wait();
  }

 private:
  absl::Status Write() {
    FileSystem& files = FileSystem::Default();
    auto file = files.ReuseFile(path_);
    if (!file.ok()) file = files.NewWritableFile(path_);
    CAIRN_RETURN_IF_ERROR(file.status());
    (*file)->BypassCache();
    std::vector<absl::Span<const std::byte>> parts;
    for (const NamedTensors* tensors :
         {&snapshot_.weights, &snapshot_.optimizer}) {
      for (const NamedTensor& named : **tensors) {
        parts.push_back(named.value.bytes());
      }
    }
    CAIRN_RETURN_IF_ERROR((*file)->AppendAll(parts));
    CAIRN_RETURN_IF_ERROR((*file)->Sync());
    return (*file)->Close();
  }

  const std::string path_;
  const int64_t every_;
  Snapshot snapshot_;
  SnapshotBuffers buffers_;
  AsyncWriter writer_;
};

// `every` 0: without saves.
absl::StatusOr<TimedRun> TrainOnce(const SavedState& state,
                                   const std::string& folder,
                                   const std::string& method,
                                   const RunLength& length, int64_t every) {
  RunTimer timer(length, every);
  std::optional<ModelCheckpoint> checkpoint;
  std::optional<RawSaver> raw;
  FitOptions options = {.epochs = int64_t{1} << 40,
                        .batch_size = state.batch_size,
                        .shuffle = false,
                        .verbose = 0,
                        .callbacks = {timer.first()}};
  if (every > 0 && method == "raw") {
    CAIRN_RETURN_IF_ERROR(FileSystem::Default().CreateDirectories(folder));
    raw.emplace(JoinPath(folder, "raw"), every);
    options.callbacks.push_back(&*raw);
  } else if (every > 0) {
    checkpoint.emplace(
        ModelCheckpointOptions{.directory = folder,
                               .every = EverySteps(every),
                               .keep_last = 1,
                               .asynchronous = method == "async"});
    options.callbacks.push_back(&*checkpoint);
  }
  options.callbacks.push_back(&timer);
  CAIRN_RETURN_IF_ERROR(state.model->Fit(state.samples, options).status());
  return timer.Finish();
}

absl::StatusOr<int64_t> SavesPerRun(const SavedState& state,
                                    const std::string& folder, int64_t every) {
  if (every == 10) return 10;
  constexpr int64_t kSteps = 10;
  CAIRN_ASSIGN_OR_RETURN(const TimedRun times,
                         TrainOnce(state, folder, "", {.timed = kSteps}, 0));
  return times.loop / kSteps < 0.01 ? 3 : 2;
}

double MedianLoop(const std::vector<TimedRun>& runs) {
  std::vector<double> loops;
  for (const TimedRun& run : runs) loops.push_back(run.loop);
  return Median(loops);
}

void Print(const CheckpointRuns& runs, const std::string& method, int64_t every,
           int64_t saves, const std::vector<TimedRun>& without,
           const std::vector<TimedRun>& with) {
  const double base = MedianLoop(without);
  const auto steps = static_cast<double>(saves * every);
  std::vector<double> overheads, calls, drains;
  for (const TimedRun& run : with) {
    overheads.push_back(100 * (run.loop / base - 1));
    calls.insert(calls.end(), run.calls.begin(), run.calls.end());
    drains.push_back(run.drain);
  }
  const double lost = 1e3 * (MedianLoop(with) - base);
  const Config line = Config::Object{
      {"what", "stall"},
      {"peer", "cairn"},
      {"version", std::string(Version())},
      {"method", method},
      {"state", runs.state},
      {"every", every},
      {"steps", saves * every},
      {"threads", runs.threads},
      {"step_ms", Rounded(1e3 * base / steps, 4)},
      {"overhead_percent", LeastMedianMostOf(overheads)},
      {"lost_per_save_ms", Rounded(lost / static_cast<double>(saves), 3)},
      {"call_ms", LeastMedianMost(calls)},
      {"drain_ms", Rounded(1e3 * Median(drains), 2)}};
  std::printf("%s\n", line.ToJson().c_str());
  std::fflush(stdout);
}

}  // namespace

const std::vector<std::string>& StallMethods() {
  static const auto* const names =
      new std::vector<std::string>{"sync", "async", "raw"};
  return *names;
}

absl::Status MeasureStall(const CheckpointRuns& runs,
                          const std::vector<std::string>& methods,
                          const std::vector<int64_t>& intervals,
                          SavedState& state) {
  int folders = 0;
  for (const int64_t every : intervals) {
    CAIRN_ASSIGN_OR_RETURN(const int64_t saves,
                           SavesPerRun(state, runs.folder, every));
    const RunLength length = {.first = kFirstSaves * every,
                              .timed = saves * every};
    std::vector<TimedRun> without;
    std::map<std::string, std::vector<TimedRun>> with;
    for (int round = -1; round < runs.rounds; ++round) {
      CAIRN_ASSIGN_OR_RETURN(TimedRun times,
                             TrainOnce(state, runs.folder, "", length, 0));
      if (round >= 0) without.push_back(std::move(times));
      for (const std::string& method : methods) {
        const std::string folder =
            JoinPath(runs.folder, absl::StrCat("run-", folders++));
        CAIRN_ASSIGN_OR_RETURN(times,
                               TrainOnce(state, folder, method, length, every));
        if (round >= 0) with[method].push_back(std::move(times));
      }
    }
    for (const std::string& method : methods) {
      Print(runs, method, every, saves, without, with[method]);
    }
  }
  return absl::OkStatus();
}

}  // namespace cairn
