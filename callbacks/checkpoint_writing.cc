#include "callbacks/checkpoint_writing.h"

#include <time.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "callbacks/save_schedule.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "saving/snapshot_digest.h"

namespace cairn {
namespace {

constexpr double kFirstPause = 0.05, kLongestPause = 5;

double ProcessorSeconds() {
  struct timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         1e-9 * static_cast<double>(time.tv_nsec);
}

// Whether waiting may help: space may be made, a device may answer again.
bool MayPass(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsUnavailable(status);
}

// Attempts it again, with growing pauses and a warning each time, until
// SecondsOfSteadyClock() says `end`, while the error may pass.
template <typename Attempt>
absl::Status TryUntil(double end, Attempt attempt) {
  double pause = kFirstPause;
  for (;;) {
    const absl::Status status = attempt();
    if (status.ok() || !MayPass(status) ||
        SecondsOfSteadyClock() + pause > end) {
      return status;
    }
    LogWarning(absl::StrCat(status.message(), "; trying again in ", pause,
                            " seconds"));
    absl::SleepFor(absl::Seconds(pause));
    pause = std::min(2 * pause, kLongestPause);
  }
}

}  // namespace

absl::Status CheckpointWriting::Write() {
  const double begin = SecondsOfSteadyClock();
  const double processor_begin = ProcessorSeconds();
  if (wants_digest) digest = SnapshotDigest(snapshot);
  const double retry_until = begin + retry_seconds;
  std::unique_ptr<SnapshotWriter> own_writer;
  std::unique_ptr<SnapshotWriter>& used = writer ? *writer : own_writer;
  CAIRN_RETURN_IF_ERROR(TryUntil(retry_until, [&] {
    return WriteSnapshot(snapshot, checkpoint.prefix, save, used);
  }));
  checkpoint.time = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  // A name that is used again moves to the end.
  kept.erase(std::remove_if(kept.begin(), kept.end(),
                            [&](const auto& one) {
                              return one.prefix == checkpoint.prefix;
                            }),
             kept.end());
  kept.push_back(checkpoint);
  CAIRN_ASSIGN_OR_RETURN(
      removed, ApplyRetention(DirectoryOf(checkpoint.prefix), retention, save,
                              kept, retry_until));
  bytes = CheckpointBytes(checkpoint.prefix, *save.files);
  write_seconds = SecondsOfSteadyClock() - begin;
  processor_seconds = ProcessorSeconds() - processor_begin;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ApplyRetention(
    const std::string& folder, const Retention& retention,
    const SaveOptions& save, std::vector<KeptCheckpoint>& kept,
    double retry_until) {
  const std::vector<bool> stays = ChooseKept(kept, retention);
  std::vector<KeptCheckpoint> staying;
  std::vector<std::string> prefixes, dropped;
  std::vector<double> times;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (!stays[i]) {
      dropped.push_back(kept[i].prefix);
      continue;
    }
    staying.push_back(kept[i]);
    prefixes.push_back(kept[i].prefix);
    times.push_back(kept[i].time);
  }
  // No name in TensorFlow's file may be one whose files are gone.
  CAIRN_RETURN_IF_ERROR(TryUntil(retry_until, [&] {
    return WriteCheckpointState(folder, prefixes, times, save);
  }));
  kept = std::move(staying);
  for (const std::string& prefix : dropped) {
    CAIRN_RETURN_IF_ERROR(TryUntil(retry_until, [&] {
      return RemoveCheckpoint(prefix, *save.files, save.syncs());
    }));
  }
  return dropped;
}

}  // namespace cairn
