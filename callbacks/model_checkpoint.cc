#include "callbacks/model_checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "saving/async_writer.h"
#include "saving/spare_files.h"

namespace cairn {
namespace {

double Milliseconds(absl::Duration duration) {
  return absl::ToDoubleMilliseconds(duration);
}

}  // namespace

// A save that is written while training goes on.
class ModelCheckpoint::Background {
 public:
  AsyncWriter writer;
  // Of the snapshot in flight: there is one at most.
  SnapshotBuffers buffers;
  // The one in flight; null: none is.
  std::shared_ptr<CheckpointWriting> writing;
};

ModelCheckpoint::ModelCheckpoint(ModelCheckpointOptions options)
    : options_(std::move(options)) {}

ModelCheckpoint::~ModelCheckpoint() = default;

void ModelCheckpoint::StartBackground(Snapshot& snapshot) {
  if (!options_.asynchronous) return;
  background_ = std::make_unique<Background>();
  // So that no step waits for the system to find the memory.
  snapshot.Detach(background_->buffers);
}

std::vector<std::string> ModelCheckpoint::checkpoints() const {
  std::vector<std::string> prefixes;
  for (const KeptCheckpoint& kept : kept_) prefixes.push_back(kept.prefix);
  return prefixes;
}

std::string ModelCheckpoint::latest_checkpoint() const {
  return kept_.empty() ? "" : kept_.back().prefix;
}

std::string ModelCheckpoint::best_checkpoint() const {
  for (const KeptCheckpoint& kept : kept_) {
    if (kept.step == monitor_.best_step()) return kept.prefix;
  }
  return "";
}

Retention ModelCheckpoint::MakeRetention() const {
  return {.last = options_.keep_last,
          .best = monitor_.active() ? options_.keep_best : 0,
          .larger_is_better = monitor_.larger_is_better(),
          .every_epochs = options_.keep_every_epochs,
          .every_steps = options_.keep_every_steps,
          .one_per_seconds = absl::ToDoubleSeconds(options_.keep_one_per)};
}

Parts ModelCheckpoint::WantedParts() const {
  return options_.save_weights_only ? Parts{Part::kWeights} : AllParts();
}

void ModelCheckpoint::Say(const std::string& line) const {
  if (options_.verbose <= 0) return;
  std::printf("ModelCheckpoint: %s\n", line.c_str());
  std::fflush(stdout);
}

absl::Status ModelCheckpoint::OnTrainBatchEnd(TrainingSession& session,
                                              const Logs& logs) {
  last_batch_ = session.step_in_epoch();
  CAIRN_RETURN_IF_ERROR(Collect(/*wait=*/false));
  CAIRN_ASSIGN_OR_RETURN(Due due, schedule_.DueAfterStep(session.step()));
  if (due.why.empty() && !busy()) due = {.why = postponed_, .planned = true};
  // The end of training is saved.
  if (schedule_.stop_signal() != 0) session.RequestStop();
  if (due.why.empty() || schedule_.stop_signal() != 0) return absl::OkStatus();
  // At the end of an epoch its logs belong to what is saved.
  if (session.is_last_step_of_epoch()) {
    due_at_epoch_end_ = std::move(due);
    return absl::OkStatus();
  }
  const bool validate = due.planned && options_.validate_when_saving;
  if (validate || IsWanted(session, logs, due)) {
    pending_ = {std::move(due), logs, last_batch_, validate};
  }
  return absl::OkStatus();
}

absl::Status ModelCheckpoint::OnTestBatchEnd(TrainingSession& session,
                                             const Logs&) {
  return ServeRequests(session, {});
}

absl::Status ModelCheckpoint::OnDataWait(TrainingSession& session,
                                         const Logs& logs) {
  // Those of an evaluation are not the epoch's.
  return ServeRequests(session, session.evaluating() ? Logs() : logs);
}

absl::Status ModelCheckpoint::ServeRequests(TrainingSession& session,
                                            const Logs& logs) {
  // Outside Fit() there is nothing to save.
  if (!running_) return absl::OkStatus();
  // Before the first batch of an epoch it is still that of the one before.
  if (session.step_in_epoch() > 0) last_batch_ = session.step_in_epoch();
  CAIRN_ASSIGN_OR_RETURN(const Due due, schedule_.DueBetweenSteps());
  if (schedule_.stop_signal() != 0) session.RequestStop();
  if (due.why.empty() || schedule_.stop_signal() != 0) return absl::OkStatus();
  // What this evaluation is for is saved right behind it.
  if (validating_) {
    asked_while_validating_ = true;
    return absl::OkStatus();
  }
  const Moment now = MomentOf(session);
  if (!session.evaluating() && last_saved_ == now) {
    // Nothing has changed since: that one is the answer, once it is in place.
    CAIRN_RETURN_IF_ERROR(Collect(/*wait=*/true));
    if (last_saved_ == now && !kept_.empty() && kept_.back().step == now.step) {
      return schedule_.EndSave(schedule_.BeginSave(), /*in_place=*/true);
    }
  }
  const Logs& of_now = epoch_end_ == now ? epoch_logs_ : logs;
  if (!IsWanted(session, of_now, due)) return absl::OkStatus();
  return Save(session, of_now, due);
}

absl::Status ModelCheckpoint::OnEpochEnd(TrainingSession& session,
                                         const Logs& logs) {
  // Also of the run, if it ends here.
  epoch_end_ = MomentOf(session);
  epoch_logs_ = logs;
  CAIRN_RETURN_IF_ERROR(Collect(/*wait=*/false));
  Due due = std::exchange(due_at_epoch_end_, {});
  const int64_t ended = session.epoch() + 1;
  if (due.why.empty()) due.why = schedule_.DueAfterEpoch(ended);
  bool wanted = false;
  if (!due.why.empty()) {
    wanted = IsWanted(session, logs, due);
  } else if (options_.every.Has(Trigger::Kind::kOnBest)) {
    const double value = FindLog(logs, monitor_.name());
    wanted = monitor_.Update(value, session.step());
    due = {.why = "the best so far", .planned = true};
  }
  if (wanted) pending_ = {std::move(due), logs, last_batch_};
  return absl::OkStatus();
}

absl::Status ModelCheckpoint::OnSavePoint(TrainingSession& session,
                                          const Logs& logs) {
  if (!pending_.has_value()) return absl::OkStatus();
  // Where the run goes on from another callback's checkpoint, its own may have
  // come into place behind that.
  const bool goes_on = logs.empty();
  if (goes_on && !pending_->validate && HasSaved(MomentOf(session))) {
    pending_.reset();
    return absl::OkStatus();
  }
  return SavePending(session);
}

bool ModelCheckpoint::HasSaved(const Moment& moment) const {
  return std::any_of(
      kept_.begin(), kept_.end(), [&](const KeptCheckpoint& kept) {
        return kept.step == moment.step && (kept.epoch < 0) == moment.in_epoch;
      });
}

absl::Status ModelCheckpoint::SavePending(TrainingSession& session) {
  last_batch_ = pending_->batch;
  if (pending_->validate) {
    CAIRN_ASSIGN_OR_RETURN(const bool validated, ValidatePending(session));
    // The end of training is saved; who goes on from there begins with this.
    if (!validated) return absl::OkStatus();
    if (!IsWanted(session, pending_->logs, pending_->due)) {
      pending_.reset();
      return absl::OkStatus();
    }
  }
  // What is saved has nothing of it left to do.
  const Pending pending = *std::exchange(pending_, std::nullopt);
  return Save(session, pending.logs, pending.due);
}

absl::Status ModelCheckpoint::OnTrainEnd(TrainingSession& session,
                                         const Logs& logs) {
  const auto leave = absl::MakeCleanup([this] {
    schedule_.End();
    background_ = nullptr;
    writer_ = nullptr;
    spares_ = nullptr;
    run_folder_ = nullptr;
    postponed_.clear();
    running_ = false;
  });
  if (!running_) return absl::OkStatus();
  // Though one has failed, the end may still be saved; the first error counts.
  absl::Status status = Collect(/*wait=*/true);
  status.Update(SaveAtEnd(session, logs));
  status.Update(Collect(/*wait=*/true));
  status.Update(failure_);
  SayCosts(session.times());
  return status;
}

void ModelCheckpoint::SayCosts(const RunTimes& times) const {
  if (times.steps == 0 || totals_.saved == 0) return;
  Say(absl::StrFormat(
      "%d saves of %d bytes together; copied in %.1f ms, written in %.1f, "
      "waited for %.1f, %.2g %% of the time; %.3g ms a step, %.0f samples a "
      "second",
      totals_.saved, totals_.bytes, Milliseconds(totals_.snapshot),
      Milliseconds(totals_.write), Milliseconds(totals_.stall),
      100 * absl::FDivDuration(totals_.stall, times.total()),
      Milliseconds(times.per_step()), times.samples_per_second()));
}

absl::Status ModelCheckpoint::SaveAtEnd(TrainingSession& session,
                                        const Logs& logs) {
  const absl::Status& error = session.status();
  // It was due before the error of another callback.
  if (!error.ok() && session.step_is_whole() && pending_.has_value() &&
      !pending_->validate) {
    return SavePending(session);
  }
  if (!error.ok() && !(options_.every.Has(Trigger::Kind::kOnError) &&
                       session.step_is_whole())) {
    // The state may be half of a step's; nothing is lost but what came after
    // the last save.
    Say(absl::StrCat("not saved, since an error ended the run",
                     kept_.empty() ? "" : "; the newest is ",
                     latest_checkpoint()));
    return absl::OkStatus();
  }
  const int signal = schedule_.stop_signal();
  const Due due{.why = !error.ok()   ? "after an error"
                       : signal != 0 ? absl::StrCat("on ", SignalName(signal))
                                     : "end of training",
                .asked_for = signal != 0 || due_at_epoch_end_.asked_for,
                .at_end = true};
  const Moment now = MomentOf(session);
  if (last_saved_ == now || session.dry_run()) return absl::OkStatus();
  const Logs& of_now = epoch_end_ == now ? epoch_logs_ : logs;
  if (!IsWanted(session, of_now, due)) return absl::OkStatus();
  return Save(session, of_now, due);
}

bool ModelCheckpoint::IsWanted(const TrainingSession& session, const Logs& logs,
                               const Due& due) {
  bool is_best = false;
  if (due.planned || session.step_in_epoch() == 0) {
    const double value = FindLog(logs, monitor_.name());
    is_best = monitor_.Update(value, session.step()) ||
              // Known to be, but the save has failed.
              monitor_.best_step() == session.step();
  } else {
    // What somebody happens to ask for is not what the plan compares.
    monitor_.ClearValue();
  }
  return !options_.save_best_only || is_best || due.asked_for;
}

bool ModelCheckpoint::busy() const {
  return background_ != nullptr && background_->writing != nullptr;
}

absl::StatusOr<bool> ModelCheckpoint::AwaitTurn(const TrainingSession& session,
                                                const Due& due) {
  const auto say = [&](absl::string_view what) {
    Say(absl::StrCat(what, " a save (", due.why, ", step ", session.step(),
                     "), as the one before is still written"));
  };
  // Who asks from outside asks for the state of now.
  const WhenBusy when_busy =
      due.asked_for ? WhenBusy::kWait : options_.when_busy;
  if (when_busy != WhenBusy::kWait) {
    CAIRN_RETURN_IF_ERROR(Collect(/*wait=*/false));
  }
  if (busy() && when_busy == WhenBusy::kSkip) {
    ++totals_.skipped;
    say("skipped");
    return false;
  }
  const bool is_of_this_moment =
      session.step_in_epoch() == 0 || !std::isnan(monitor_.value());
  if (busy() && when_busy == WhenBusy::kPostpone && !is_of_this_moment) {
    if (postponed_.empty()) say("postponed");
    postponed_ = due.why;
    return false;
  }
  CAIRN_RETURN_IF_ERROR(Collect(/*wait=*/true));
  return true;
}

absl::Status ModelCheckpoint::Save(TrainingSession& session, const Logs& logs,
                                   const Due& due) {
  // A dry run has had its trial save.
  if (session.dry_run()) return absl::OkStatus();
  CAIRN_ASSIGN_OR_RETURN(const bool free, AwaitTurn(session, due));
  if (!free) return absl::OkStatus();
  const double begin = options_.clock();
  if (!std::exchange(postponed_, "").empty()) ++totals_.postponed;
  auto writing = std::make_shared<CheckpointWriting>();
  writing->requests = schedule_.BeginSave();
  CAIRN_ASSIGN_OR_RETURN(const std::string prefix,
                         PrefixFor(session, logs, due));
  writing->writer = &writer_;
  writing->folder = run_folder_.get();
  if (background_ == nullptr) {
    CAIRN_ASSIGN_OR_RETURN(writing->snapshot,
                           session.TakeSnapshot(WantedParts()));
  } else {
    CAIRN_ASSIGN_OR_RETURN(
        writing->snapshot,
        session.TakeDetachedSnapshot(WantedParts(), background_->buffers));
  }
  writing->snapshot.save_counter = session.step();
  writing->checkpoint = {
      .prefix = prefix,
      .step = session.step(),
      .epoch = session.step_in_epoch() > 0 ? -1 : session.epochs_done(),
      .epoch_number = EpochNumber(session),
      .value = monitor_.value()};
  writing->kept = kept_;
  writing->retention = MakeRetention();
  writing->is_own = OwnNames();
  writing->save = options_.save;
  writing->save.spares = spares_.get();
  if (background_ != nullptr && !writing->save.bypass_cache.has_value()) {
    writing->save.bypass_cache = true;
  }
  if (options_.on_failure == OnFailure::kRetry) {
    writing->retry_seconds = absl::ToDoubleSeconds(options_.retry_time);
  }
  writing->wants_digest = options_.verbose > 0;
  writing->why = absl::StrCat(due.why, ", epoch ", EpochNumber(session));
  last_saved_ = MomentOf(session);
  if (background_ == nullptr) {
    writing->snapshot_seconds = options_.clock() - begin;
    const absl::Status status = writing->Write();
    writing->stall_seconds = options_.clock() - begin;
    return Finish(*writing, status);
  }
  writing->snapshot_seconds = options_.clock() - begin;
  background_->writing = writing;
  background_->writer.Start([writing] {
    const absl::Status status = writing->Write();
    // Its tensors are those that the next one is copied into.
    writing->snapshot = Snapshot();
    return status;
  });
  writing->stall_seconds = options_.clock() - begin;
  return absl::OkStatus();
}

void ModelCheckpoint::SayThatFewStay(const std::string& removed) {
  if (options_.keep_last != ModelCheckpointOptions().keep_last ||
      std::exchange(said_that_few_stay_, true)) {
    return;
  }
  LogInfo(absl::StrCat("ModelCheckpoint keeps ", DescribeRetention(), " in \"",
                       folder_, "\" and has removed ", removed,
                       "; keep_last = 0 keeps all"));
}

absl::Status ModelCheckpoint::Collect(bool wait) {
  if (background_ == nullptr || background_->writing == nullptr) {
    return absl::OkStatus();
  }
  if (!wait && background_->writer.busy()) return absl::OkStatus();
  const double begin = options_.clock();
  const absl::Status status = background_->writer.Wait();
  const std::shared_ptr<CheckpointWriting> writing =
      std::exchange(background_->writing, nullptr);
  writing->stall_seconds += options_.clock() - begin;
  return Finish(*writing, status);
}

absl::Status ModelCheckpoint::Finish(const CheckpointWriting& writing,
                                     const absl::Status& status) {
  kept_ = writing.kept;
  schedule_.NoteCost(writing.stall_seconds +
                     (background_ == nullptr ? 0 : writing.processor_seconds));
  failure_ = status;
  const absl::Status answered =
      schedule_.EndSave(writing.requests, /*in_place=*/status.ok());
  if (!status.ok()) {
    ++totals_.failed;
    // The end of training is to be tried again.
    last_saved_ = {};
    if (options_.on_failure != OnFailure::kWarn) return status;
    LogWarning(
        absl::StrCat("a save failed, training goes on: ", status.message()));
    return absl::OkStatus();
  }
  last_save_ = {.prefix = writing.checkpoint.prefix,
                .step = writing.checkpoint.step,
                .bytes = writing.bytes,
                .snapshot = absl::Seconds(writing.snapshot_seconds),
                .write = absl::Seconds(writing.write_seconds),
                .stall = absl::Seconds(writing.stall_seconds)};
  if (!writing.removed.empty()) SayThatFewStay(writing.removed[0]);
  ++totals_.saved;
  totals_.bytes += last_save_.bytes;
  totals_.snapshot += last_save_.snapshot;
  totals_.write += last_save_.write;
  totals_.stall += last_save_.stall;
  const int64_t apart = schedule_.StepsPerSave(last_save_.step);
  Say(absl::StrCat(
      "saved ", last_save_.prefix, " (", writing.why, ", step ",
      last_save_.step, ", ", last_save_.bytes, " bytes",
      absl::StrFormat("; copied in %.1f ms, written in %.1f, waited for %.1f",
                      Milliseconds(last_save_.snapshot),
                      Milliseconds(last_save_.write),
                      Milliseconds(last_save_.stall)),
      "; digest ", writing.digest, ")",
      apart == 0
          ? ""
          : absl::StrFormat("; a save every %d steps takes %g %% of the "
                            "time",
                            static_cast<int>(apart), 100 * options_.overhead)));
  return answered;
}

}  // namespace cairn
