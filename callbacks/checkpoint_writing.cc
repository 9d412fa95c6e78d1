#include "callbacks/checkpoint_writing.h"

#include <time.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "callbacks/save_schedule.h"
#include "core/base/log.h"
#include "core/base/mutex.h"
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

// Whether waiting may help: space may be made, a device may answer again, and
// somebody may give the right to write back.
bool MayPass(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsUnavailable(status) ||
         absl::IsPermissionDenied(status);
}

bool IsOlder(const KeptCheckpoint& one, const KeptCheckpoint& other) {
  return one.time < other.time;
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

// What is in the file "checkpoint" under names that are not `is_own`, oldest
// first. Of what says no time nobody knows its place in the list.
std::vector<KeptCheckpoint> ListOthers(const std::string& folder,
                                       const IsMeant& is_own,
                                       FileSystem& files) {
  std::vector<KeptCheckpoint> others;
  if (is_own == nullptr) return others;
  const auto state = ReadCheckpointState(folder, files);
  if (!state.ok()) return others;
  for (size_t i = 0; i < state->all.size() && i < state->timestamps.size();
       ++i) {
    const std::string& name = state->all[i];
    if (name != BaseName(name) || is_own(name)) continue;
    const std::string prefix = JoinPath(folder, name);
    const auto there = files.Exists(absl::StrCat(prefix, ".index"));
    if (!there.ok() || !*there) continue;
    others.push_back({.prefix = prefix, .time = state->timestamps[i]});
  }
  std::stable_sort(others.begin(), others.end(), IsOlder);
  return others;
}

absl::Status WriteState(const std::string& folder,
                        const std::vector<KeptCheckpoint>& kept,
                        const IsMeant& is_own, const SaveOptions& save) {
  // Two callbacks of a run may do this at the same time, in the background.
  static Mutex mutex;
  MutexLock lock(mutex);
  const std::vector<KeptCheckpoint> others =
      ListOthers(folder, is_own, *save.files);
  std::vector<KeptCheckpoint> all;
  std::merge(kept.begin(), kept.end(), others.begin(), others.end(),
             std::back_inserter(all), IsOlder);
  std::vector<std::string> prefixes;
  std::vector<double> times;
  for (const KeptCheckpoint& one : all) {
    prefixes.push_back(one.prefix);
    times.push_back(one.time);
  }
  return WriteCheckpointState(folder, prefixes, times, save);
}

}  // namespace

absl::Status CheckpointWriting::PrepareFolder() {
  bool renewed = false;
  if (folder != nullptr) {
    CAIRN_ASSIGN_OR_RETURN(renewed, folder->Renew());
  }
  const std::string path = DirectoryOf(checkpoint.prefix);
  absl::StatusOr<std::vector<std::string>> names = save.files->List(path);
  if (absl::IsNotFound(names.status())) names = std::vector<std::string>();
  std::vector<std::string> lost;
  for (const KeptCheckpoint& one : kept) {
    const std::string index = absl::StrCat(BaseName(one.prefix), ".index");
    // Of what cannot be listed now nobody knows that it is gone.
    if (names.ok() &&
        !std::binary_search(names->begin(), names->end(), index)) {
      lost.push_back(one.prefix);
    }
  }
  kept.erase(std::remove_if(kept.begin(), kept.end(),
                            [&](const KeptCheckpoint& one) {
                              return std::count(lost.begin(), lost.end(),
                                                one.prefix) > 0;
                            }),
             kept.end());
  if (!renewed && lost.empty()) return absl::OkStatus();
  LogWarning(absl::StrCat(
      "\"", path, "\": somebody has removed or moved ",
      renewed ? "the folder or its lock; it was made anew" : "checkpoints",
      lost.empty() ? ""
                   : absl::StrCat("; ", lost.size(),
                                  " of this run are gone, the newest of them ",
                                  lost.back())));
  return absl::OkStatus();
}

absl::Status CheckpointWriting::WriteOnce(double retry_until) {
  std::unique_ptr<SnapshotWriter> own_writer;
  std::unique_ptr<SnapshotWriter>& used = writer ? *writer : own_writer;
  CAIRN_RETURN_IF_ERROR(TryUntil(retry_until, [&]() -> absl::Status {
    CAIRN_RETURN_IF_ERROR(PrepareFolder());
    return WriteSnapshot(snapshot, checkpoint.prefix, save, used);
  }));
  // Not in the list either what was lost while it was written.
  CAIRN_RETURN_IF_ERROR(TryUntil(retry_until, [&] { return PrepareFolder(); }));
  checkpoint.time = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  std::vector<KeptCheckpoint> now_kept = kept;
  // A name that is used again moves to the end.
  now_kept.erase(std::remove_if(now_kept.begin(), now_kept.end(),
                                [&](const auto& one) {
                                  return one.prefix == checkpoint.prefix;
                                }),
                 now_kept.end());
  now_kept.push_back(checkpoint);
  const auto dropped = ApplyRetention(DirectoryOf(checkpoint.prefix), retention,
                                      is_own, save, now_kept, retry_until);
  // What is to be written once more is not in the list yet.
  if (absl::IsNotFound(dropped.status())) return dropped.status();
  kept = std::move(now_kept);
  CAIRN_RETURN_IF_ERROR(dropped.status());
  removed = *dropped;
  const auto there =
      save.files->Exists(absl::StrCat(checkpoint.prefix, ".index"));
  if (!there.ok() || *there) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(
      checkpoint.prefix, ": somebody removes the files while they are saved"));
}

absl::Status CheckpointWriting::Write() {
  // Nothing that a save needs is missing unless somebody removes it meanwhile.
  constexpr int kAttempts = 3;
  const double begin = SecondsOfSteadyClock();
  const double processor_begin = ProcessorSeconds();
  if (wants_digest) digest = SnapshotDigest(snapshot);
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    status = WriteOnce(begin + retry_seconds);
    if (!absl::IsNotFound(status)) break;
  }
  CAIRN_RETURN_IF_ERROR(status);
  bytes = CheckpointBytes(checkpoint.prefix, *save.files);
  write_seconds = SecondsOfSteadyClock() - begin;
  processor_seconds = ProcessorSeconds() - processor_begin;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ApplyRetention(
    const std::string& folder, const Retention& retention,
    const IsMeant& is_own, const SaveOptions& save,
    std::vector<KeptCheckpoint>& kept, double retry_until) {
  const std::vector<bool> stays = ChooseKept(kept, retention);
  std::vector<KeptCheckpoint> staying;
  std::vector<std::string> dropped;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (stays[i]) {
      staying.push_back(kept[i]);
    } else {
      dropped.push_back(kept[i].prefix);
    }
  }
  // No name in TensorFlow's file may be one whose files are gone.
  CAIRN_RETURN_IF_ERROR(TryUntil(
      retry_until, [&] { return WriteState(folder, staying, is_own, save); }));
  kept = std::move(staying);
  for (const std::string& prefix : dropped) {
    CAIRN_RETURN_IF_ERROR(TryUntil(retry_until, [&] {
      return RemoveCheckpoint(prefix, *save.files, save.syncs(), save.spares);
    }));
  }
  return dropped;
}

}  // namespace cairn
