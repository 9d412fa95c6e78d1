// Trainer::Fit() and what it consists of.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/log.h"
#include "core/base/philox.h"
#include "core/base/status_macros.h"
#include "core/training/batch_feed.h"
#include "core/training/callback_list.h"
#include "core/training/fit_state.h"
#include "core/training/trainer.h"

namespace cairn {
namespace {

// Of a dry run.
constexpr int64_t kDrySteps = 2;

absl::Status CheckOptions(const Batches& data, const FitOptions& options) {
  if (options.initial_epoch < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "initial_epoch must not be negative, got ", options.initial_epoch));
  }
  if (!(options.validation_split >= 0 && options.validation_split < 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "validation_split must be in [0, 1), got ", options.validation_split));
  }
  if (options.validation_split > 0 && data.source() != nullptr) {
    return absl::InvalidArgumentError(
        "validation_split needs arrays or samples; a BatchSource cannot be "
        "split");
  }
  if (options.validation_split > 0 && !options.validation_data.empty()) {
    return absl::InvalidArgumentError(
        "give validation_data or validation_split, not both");
  }
  for (const auto& [name, object] : options.state) {
    if (name.empty() ||
        !std::all_of(name.begin(), name.end(), absl::ascii_isprint)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "state: \"", absl::CHexEscape(name),
          "\" is no name for an object; give it printable characters"));
    }
    if (object == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("state: the object \"", name, "\" is null"));
    }
  }
  return CheckCallbacks(options.callbacks);
}

// Where the training part of the samples ends. As Keras: rounded down.
absl::StatusOr<int64_t> SplitPoint(const Batches& data, double split) {
  CAIRN_ASSIGN_OR_RETURN(const SamplesPointer samples, data.samples());
  const auto size = static_cast<double>(samples->size());
  const auto point = static_cast<int64_t>(std::floor(size * (1 - split)));
  if (point == 0 || point == samples->size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("validation_split ", split, " of ", samples->size(),
                     " samples leaves one part empty"));
  }
  return point;
}

}  // namespace

absl::Status Trainer::MakeTrainFeed(const Batches& data,
                                    const FitOptions& options) {
  FeedOptions feed{.batch_size = options.batch_size};
  if (options.shuffle) feed.shuffle_seed = seed_;
  if (options.validation_split > 0) {
    CAIRN_ASSIGN_OR_RETURN(feed.end,
                           SplitPoint(data, options.validation_split));
  }
  CAIRN_ASSIGN_OR_RETURN(fit_->feed, BatchFeed::Create(data, feed));
  return absl::OkStatus();
}

absl::Status Trainer::MakeValidationFeed(const Batches& data,
                                         const FitOptions& options) {
  FeedOptions feed{.batch_size = options.batch_size};
  if (options.validation_split > 0) {
    CAIRN_ASSIGN_OR_RETURN(feed.begin,
                           SplitPoint(data, options.validation_split));
    CAIRN_ASSIGN_OR_RETURN(const SamplesPointer samples, data.samples());
    feed.end = samples->size();
    CAIRN_ASSIGN_OR_RETURN(fit_->validation, BatchFeed::Create(data, feed));
    return absl::OkStatus();
  }
  if (options.validation_data.empty()) return absl::OkStatus();
  absl::StatusOr<BatchFeed> made =
      BatchFeed::Create(options.validation_data, feed);
  if (!made.ok()) return Annotate(made.status(), "validation_data");
  fit_->validation = *std::move(made);
  // The same plans serve both.
  const std::vector<BatchField> fields = fit_->validation->source().fields();
  if (SameFields(fields, fields_, /*with_targets=*/true)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("validation_data has samples of ", FieldsToString(fields),
                   ", the training data of ", FieldsToString(fields_),
                   "; give both the same types and shapes"));
}

int64_t Trainer::BatchesPerEpoch() const {
  const int64_t all = fit_->feed->source().batches_per_epoch();
  if (fit_->last_step == 0) return all;
  return all == 0 ? fit_->last_step : std::min(all, fit_->last_step);
}

bool Trainer::is_last_step_of_epoch() const {
  return fit_ != nullptr && step_in_epoch_ > 0 &&
         (epoch_trained_ || step_in_epoch_ == BatchesPerEpoch());
}

int64_t Trainer::batch_size() const {
  return fit_ == nullptr ? 0 : fit_->feed->source().batch_size();
}

bool Trainer::has_validation() const {
  return fit_ != nullptr && fit_->validation.has_value();
}

bool Trainer::dry_run() const {
  return fit_ != nullptr && fit_->options->dry_run;
}

bool Trainer::is_restored() const {
  return fit_ != nullptr && fit_->restored.has_value() &&
         fit_->restored->count(kRunExtras) > 0;
}

std::string Trainer::MakeRunId(const FitOptions& options) const {
  const Config what =
      Config::Object{{"architecture", Serialize(*model_)},
                     {"compile", *compile_config_},
                     {"fields", FieldsToString(fields_)},
                     {"batch_size", batch_size()},
                     {"batches", fit_->feed->source().batches_per_epoch()},
                     {"shuffle", options.shuffle}};
  return absl::StrCat(
      absl::Hex(StreamKey(seed_, what.ToJson()), absl::kZeroPad16));
}

absl::StatusOr<History> Trainer::Fit(const Batches& data,
                                     const FitOptions& options) {
  if (fit_ != nullptr) {
    return absl::FailedPreconditionError(
        "Fit() runs already; a callback cannot call it");
  }
  CAIRN_RETURN_IF_ERROR(CheckOptions(data, options));
  fit_ = std::make_unique<FitState>();  // Time counts from here.
  const auto leave = absl::MakeCleanup([this] {
    fit_.reset();
    run_id_.clear();
  });
  fit_->data = &data;
  fit_->options = &options;
  SetSeed(options.seed.value_or(model_seed_));
  CAIRN_RETURN_IF_ERROR(MakeTrainFeed(data, options));
  CAIRN_RETURN_IF_ERROR(
      Prepare(fit_->feed->source().fields(), /*with_loss=*/true));
  fit_->prepared = true;
  CAIRN_RETURN_IF_ERROR(MakeValidationFeed(data, options));

  epoch_ = options.initial_epoch;
  epochs_ = options.epochs;
  step_ = 0;
  step_in_epoch_ = 0;
  step_is_whole_ = true;
  epoch_trained_ = false;
  epoch_ended_ = false;
  stop_requested_ = false;
  status_ = absl::OkStatus();
  warned_of_bad_loss_ = false;
  history_ = History();
  run_id_ = MakeRunId(options);

  std::optional<Backup> before;
  if (options.dry_run) before = MakeBackup();
  status_ = FitRun(options);
  // What a callback began is ended whatever happened; the first error counts.
  fit_->timer.Enter(RunTimer::Part::kCallbacks);
  const Logs last = train_logs_->Compute();
  for (Callback* callback : options.callbacks) {
    const absl::Status ended = callback->OnTrainEnd(*this, last);
    if (status_.ok()) status_ = ended;
  }
  History history = history_;
  history.set_times(fit_->timer.Read());
  if (before.has_value()) PutBack(*before);
  if (!status_.ok()) return status_;
  return history;
}

absl::Status Trainer::FitRun(const FitOptions& options) {
  const absl::Status begun = BeginRun(options);
  // A run that did not get as far as its first step leaves nothing behind.
  if (!begun.ok() && fit_->before_restore.has_value()) {
    PutBack(*fit_->before_restore);
  }
  const bool goes_on = is_restored();
  fit_->restored.reset();
  fit_->before_restore.reset();
  CAIRN_RETURN_IF_ERROR(begun);
  if (goes_on) {
    CAIRN_RETURN_IF_ERROR(
        Call(options.callbacks, &Callback::OnSavePoint, Logs()));
  }
  return FitEpochs(options);
}

absl::Status Trainer::BeginRun(const FitOptions& options) {
  CAIRN_RETURN_IF_ERROR(Call(options.callbacks, &Callback::OnTrainBegin));
  if (!fit_->restored.has_value() && options.resume_from != nullptr) {
    CAIRN_RETURN_IF_ERROR(
        Restore(*options.resume_from, options.restore).status());
  }
  if (!fit_->restored.has_value()) return absl::OkStatus();
  CAIRN_RETURN_IF_ERROR(RestoreStates(*fit_->restored));
  if (is_restored() && epoch_ >= epochs_) {
    LogInfo(absl::StrCat("the run is finished: it has done ", epoch_, " of ",
                         epochs_,
                         " epochs, so nothing is trained; ask for more epochs "
                         "to go on"));
  }
  return absl::OkStatus();
}

absl::Status Trainer::FitEpochs(const FitOptions& options) {
  const Verbosity verbosity = ChooseVerbosity(
      options.verbose.has_value() ? &*options.verbose : nullptr);
  if (options.dry_run) fit_->last_step = step_in_epoch_ + kDrySteps;
  while (epoch_ < epochs_ && !stop_requested_) {
    CAIRN_RETURN_IF_ERROR(FitEpoch(options, verbosity));
    if (!epoch_ended_) break;  // Stopped within the epoch.
    // Callbacks see the epoch that ends; what they save begins the next.
    const Logs& logs = fit_->epoch_logs;
    history_.Add(epoch_, logs);
    CAIRN_RETURN_IF_ERROR(fit_->feed->source().StartEpoch(epoch_ + 1));
    CAIRN_RETURN_IF_ERROR(Call(options.callbacks, &Callback::OnEpochEnd, logs));
    CAIRN_RETURN_IF_ERROR(
        Call(options.callbacks, &Callback::OnSavePoint, logs));
    ++epoch_;
    epoch_trained_ = false;
    epoch_ended_ = false;
    step_in_epoch_ = 0;
    if (options.dry_run) break;
  }
  return absl::OkStatus();
}

absl::Status Trainer::FitEpoch(const FitOptions& options, Verbosity verbosity) {
  if (!std::exchange(fit_->resumed_in_epoch, false)) {
    train_logs_->Reset();
    CAIRN_RETURN_IF_ERROR(fit_->feed->source().StartEpoch(epoch_));
    CAIRN_RETURN_IF_ERROR(Call(options.callbacks, &Callback::OnEpochBegin));
  }
  PrintEpoch(verbosity, epoch_ + 1, epochs_);
  Progress progress(verbosity, BatchesPerEpoch());
  // A bar that an error leaves behind gets its line ended.
  auto abandon = absl::MakeCleanup([&] { progress.Abandon(); });
  const int64_t skipped = step_in_epoch_;
  if (!epoch_trained_) {
    CAIRN_RETURN_IF_ERROR(TrainEpoch(options, progress));
    if (!epoch_trained_) return absl::OkStatus();
  }
  fit_->epoch_logs = train_logs_->Compute();
  CAIRN_RETURN_IF_ERROR(EndEpoch());
  if (!epoch_ended_) return absl::OkStatus();
  std::move(abandon).Cancel();
  progress.Finish(step_in_epoch_, skipped, fit_->epoch_logs,
                  absl::StrCat("Epoch ", epoch_ + 1, "/", epochs_, " - "));
  return absl::OkStatus();
}

absl::Status Trainer::TrainEpoch(const FitOptions& options,
                                 Progress& progress) {
  const std::vector<Callback*>& callbacks = options.callbacks;
  const int64_t total = BatchesPerEpoch();
  const int64_t skipped = step_in_epoch_;
  while (!stop_requested_) {
    if (fit_->last_step > 0 && step_in_epoch_ >= fit_->last_step) {
      epoch_trained_ = true;
      break;
    }
    CAIRN_RETURN_IF_ERROR(
        AwaitBatch(Mode::kTrain, fit_->feed->source(), callbacks));
    if (stop_requested_) break;
    // As in Keras, an epoch of unknown length begins one batch more.
    if (total == 0 || step_in_epoch_ < total) {
      CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnTrainBatchBegin));
    }
    Plan* plan = nullptr;
    CAIRN_ASSIGN_OR_RETURN(
        const int64_t rows,
        RunNextBatch(Mode::kTrain, fit_->feed->source(), &plan));
    if (rows == 0) {
      epoch_trained_ = true;
      break;
    }
    fit_->timer.AddStep(rows);
    ++step_;
    ++step_in_epoch_;
    step_is_whole_ = true;
    if (train_logs_->LossIsBad()) WarnOfBadLoss();
    const bool shown = progress.WantsUpdate();
    if (!callbacks.empty() || shown) {
      const Logs& logs = train_logs_->Compute();
      CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnTrainBatchEnd, logs));
      CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnSavePoint, logs));
      if (shown) progress.Update(step_in_epoch_, skipped, logs);
    }
  }
  return absl::OkStatus();
}

absl::Status Trainer::EndEpoch() {
  if (has_validation()) {
    CAIRN_ASSIGN_OR_RETURN(const std::optional<Logs> logs, Validate());
    if (!logs.has_value()) return absl::OkStatus();  // Stopped within it.
    fit_->epoch_logs.insert(fit_->epoch_logs.end(), logs->begin(), logs->end());
  }
  epoch_ended_ = true;
  return absl::OkStatus();
}

void Trainer::WarnOfBadLoss() {
  if (std::exchange(warned_of_bad_loss_, true)) return;
  LogWarning(absl::StrCat("the loss is not a finite number at step ", step_,
                          " (epoch ", epoch_ + 1,
                          "); training goes on, but a smaller learning rate or "
                          "a look at the data may be needed"));
}

}  // namespace cairn
