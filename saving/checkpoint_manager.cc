#include "saving/checkpoint_manager.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "core/io/file_system.h"
#include "saving/checkpoint_directory.h"
#include "saving/codec/checkpoint_state.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/format.h"

namespace cairn {

absl::StatusOr<std::unique_ptr<CheckpointManager>> CheckpointManager::Create(
    Checkpoint* checkpoint, CheckpointManagerOptions options) {
  if (options.directory.empty() || options.checkpoint_name.empty() ||
      BaseName(options.checkpoint_name) != options.checkpoint_name) {
    return absl::InvalidArgumentError(
        absl::StrCat("CheckpointManager: directory \"", options.directory,
                     "\" and checkpoint_name \"", options.checkpoint_name,
                     "\" must be a folder and a name without a slash"));
  }
  if (options.max_to_keep < 0 ||
      !(options.keep_checkpoint_every_n_hours >= 0) ||
      std::isinf(options.keep_checkpoint_every_n_hours)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "CheckpointManager: max_to_keep ", options.max_to_keep,
        " and keep_checkpoint_every_n_hours ",
        options.keep_checkpoint_every_n_hours, " must not be below 0"));
  }
  std::unique_ptr<CheckpointManager> manager(
      new CheckpointManager(checkpoint, std::move(options)));
  CAIRN_RETURN_IF_ERROR(manager->ReadState());
  return manager;
}

double CheckpointManager::Now() const {
  return absl::ToDoubleSeconds(options_.clock() - absl::UnixEpoch());
}

absl::Status CheckpointManager::ReadState() {
  const double now = Now();
  const auto state =
      ReadCheckpointState(options_.directory, *checkpoint_->options_.files);
  if (absl::IsNotFound(state.status())) {
    // A little back, so that what is saved at once is younger.
    last_preserved_ = now - 1;
    return absl::OkStatus();
  }
  if (absl::IsDataLoss(state.status())) {
    last_preserved_ = now;
    CAIRN_RETURN_IF_ERROR(FindLatest());
    LogWarning(absl::StrCat(
        state.status().message(), "; ",
        latest_.empty() ? "no good checkpoint lies there"
                        : absl::StrCat("the newest good one is ", latest_),
        ", and what lies there is not removed"));
    return absl::OkStatus();
  }
  if (!state.ok()) return state.status();
  const auto prefix_of = [&](const std::string& path) {
    return JoinPath(options_.directory, path);
  };
  latest_ = prefix_of(state->newest);
  last_preserved_ = state->last_preserved;
  if (now < last_preserved_) {
    LogWarning(absl::StrCat("the clock is ", last_preserved_ - now,
                            " seconds behind the last checkpoint in \"",
                            options_.directory, "\" that was kept"));
    last_preserved_ = now;
  }
  for (size_t i = 0; i < state->all.size(); ++i) {
    // Without times nothing says that they are this manager's to remove.
    const double time = state->timestamps.empty()
                            ? last_preserved_
                            : std::min(state->timestamps[i], now);
    if (time <= last_preserved_) continue;
    // Those of other folders are never removed.
    if (BaseName(state->all[i]) != state->all[i]) {
      if (DirectoryOf(prefix_of(state->all[i])) != options_.directory) continue;
    }
    kept_.push_back({prefix_of(state->all[i]), time});
  }
  return absl::OkStatus();
}

absl::Status CheckpointManager::CheckFile(const std::string& prefix) const {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                         OpenFile(*checkpoint_->options_.files, prefix));
  return reader->Verify();
}

absl::Status CheckpointManager::FindLatest() {
  CAIRN_ASSIGN_OR_RETURN(
      const std::vector<CheckpointSummary> checkpoints,
      ListCheckpoints(options_.directory, *checkpoint_->options_.files));
  const std::string numbered =
      JoinPath(options_.directory, options_.checkpoint_name) + "-";
  for (auto it = checkpoints.rbegin(); it != checkpoints.rend(); ++it) {
    if (!IsNumbered(it->prefix, numbered)) continue;
    const absl::Status fault = CheckFile(it->prefix);
    if (IsOfDevice(fault)) return fault;
    if (!fault.ok()) continue;
    latest_ = it->prefix;
    break;
  }
  return absl::OkStatus();
}

absl::Status CheckpointManager::WriteState() const {
  CheckpointState state{.newest = BaseName(latest_),
                        .last_preserved = last_preserved_};
  for (const Kept& kept : kept_) {
    state.all.push_back(BaseName(kept.prefix));
    state.timestamps.push_back(kept.time);
  }
  return WriteCheckpointState(options_.directory, state, checkpoint_->options_);
}

bool CheckpointManager::HasOld() const {
  return options_.max_to_keep > 0 &&
         static_cast<int64_t>(kept_.size()) > options_.max_to_keep;
}

absl::Status CheckpointManager::RemoveOld() {
  const SaveOptions& options = checkpoint_->options_;
  const double pause = options_.keep_checkpoint_every_n_hours * 3600;
  while (HasOld()) {
    const Kept& oldest = kept_.front();
    if (pause > 0 && oldest.time - pause >= last_preserved_) {
      // It stays, but is no longer listed, or the list would grow for ever.
      last_preserved_ = oldest.time;
    } else {
      // One that cannot be removed now stays listed for the next time.
      CAIRN_RETURN_IF_ERROR(
          RemoveCheckpoint(oldest.prefix, *options.files, options.syncs()));
    }
    kept_.erase(kept_.begin());
  }
  return absl::OkStatus();
}

absl::Status CheckpointManager::LockName() {
  if (lock_ != nullptr && lock_->IsInPlace()) return absl::OkStatus();
  const bool was_removed = lock_ != nullptr;
  FileSystem& files = *checkpoint_->options_.files;
  CAIRN_RETURN_IF_ERROR(files.CreateDirectories(options_.directory));
  CAIRN_ASSIGN_OR_RETURN(
      lock_, files.Lock(JoinPath(
                 options_.directory,
                 absl::StrCat(".", options_.checkpoint_name, "-.lock"))));
  if (!was_removed) return absl::OkStatus();
  LogWarning(absl::StrCat("\"", options_.directory,
                          "\" or its lock was removed or moved away, and is "
                          "made anew"));
  std::vector<Kept> there;
  for (const Kept& kept : kept_) {
    CAIRN_ASSIGN_OR_RETURN(const bool exists,
                           files.Exists(BundleIndexPath(kept.prefix)));
    if (exists) there.push_back(kept);
  }
  kept_ = std::move(there);
  return absl::OkStatus();
}

absl::StatusOr<std::string> CheckpointManager::Save(
    std::optional<int64_t> number) {
  if (number.has_value() && *number < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "CheckpointManager: the number ", *number, " must not be below 0"));
  }
  CAIRN_RETURN_IF_ERROR(LockName());
  CAIRN_ASSIGN_OR_RETURN(
      const std::string path,
      checkpoint_->WriteNumbered(
          JoinPath(options_.directory, options_.checkpoint_name), number));
  // One that was written anew goes to the end.
  kept_.erase(
      std::remove_if(kept_.begin(), kept_.end(),
                     [&](const Kept& kept) { return kept.prefix == path; }),
      kept_.end());
  kept_.push_back({path, Now()});
  latest_ = path;
  // Named before anything goes; then without what is gone.
  CAIRN_RETURN_IF_ERROR(WriteState());
  if (!HasOld()) return path;
  CAIRN_RETURN_IF_ERROR(RemoveOld());
  CAIRN_RETURN_IF_ERROR(WriteState());
  return path;
}

std::vector<std::string> CheckpointManager::checkpoints() const {
  std::vector<std::string> prefixes;
  for (const Kept& kept : kept_) prefixes.push_back(kept.prefix);
  return prefixes;
}

absl::StatusOr<std::optional<LazyRestore>>
CheckpointManager::RestoreOrInitialize(
    const std::function<absl::Status()>& initialize) {
  std::vector<std::string> candidates;
  if (!latest_.empty()) candidates.push_back(latest_);
  for (auto it = kept_.rbegin(); it != kept_.rend(); ++it) {
    if (it->prefix != latest_) candidates.push_back(it->prefix);
  }
  absl::Status first;
  for (const std::string& prefix : candidates) {
    absl::StatusOr<LazyRestore> restore = checkpoint_->Restore(prefix);
    if (restore.ok()) return std::optional<LazyRestore>(*std::move(restore));
    // An older one is better than an error only where the file is at fault.
    const absl::Status fault = CheckFile(prefix);
    if (fault.ok() || IsOfDevice(fault)) return restore.status();
    LogWarning(absl::StrCat(
        "the checkpoint ", prefix,
        " cannot be used and is passed over: ", restore.status().message()));
    first.Update(restore.status());
  }
  if (!first.ok()) return first;
  if (initialize != nullptr) CAIRN_RETURN_IF_ERROR(initialize());
  return std::optional<LazyRestore>();
}

}  // namespace cairn
