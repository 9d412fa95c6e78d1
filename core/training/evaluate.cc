// Trainer::Evaluate(), Trainer::Predict() and the validation within a run.
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/status_macros.h"
#include "core/training/batch_feed.h"
#include "core/training/callback_list.h"
#include "core/training/fit_state.h"
#include "core/training/trainer.h"

namespace cairn {
namespace {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();
// Of a validation in a dry run.
constexpr int64_t kDryBatches = 2;
// How long a batch is waited for before callbacks are asked again.
constexpr absl::Duration kLookEvery = absl::Milliseconds(50);

absl::Status Stopped(absl::string_view what, int64_t done, int64_t total) {
  return absl::CancelledError(
      absl::StrCat(what, "() was stopped by a callback after ", done,
                   total > 0 ? absl::StrCat(" of ", total) : "", " batches"));
}

// Rows of each output, batch after batch.
class OutputRows {
 public:
  void Add(const Plan& plan, size_t outputs, int64_t rows) {
    bytes_.resize(outputs);
    specs_.resize(outputs);
    for (size_t i = 0; i < outputs; ++i) {
      const int index = static_cast<int>(i);
      const absl::Span<const std::byte> bytes = plan.output(index);
      bytes_[i].insert(bytes_[i].end(), bytes.begin(), bytes.end());
      specs_[i] = plan.output_spec(index);
    }
    rows_ += rows;
  }

  std::vector<Tensor> Join() {
    std::vector<Tensor> results;
    for (size_t i = 0; i < bytes_.size(); ++i) {
      specs_[i].shape[0] = rows_;
      Tensor result = Tensor::Zeros(specs_[i]);
      std::memcpy(result.mutable_bytes().data(), bytes_[i].data(),
                  bytes_[i].size());
      results.push_back(std::move(result));
    }
    return results;
  }

 private:
  std::vector<std::vector<std::byte>> bytes_;
  std::vector<TensorSpec> specs_;
  int64_t rows_ = 0;
};

}  // namespace

// What the session says while an evaluation or a prediction that the user
// called goes on. One that a callback calls within Fit() begins without a
// requested stop, so that the end of a stopped run can be evaluated.
class Trainer::Interlude {
 public:
  explicit Interlude(Trainer* trainer)
      : trainer_(trainer),
        stop_before_(std::exchange(trainer->stop_requested_, false)),
        evaluating_before_(std::exchange(trainer->evaluating_, true)),
        status_before_(std::exchange(trainer->status_, absl::OkStatus())) {}
  ~Interlude() {
    trainer_->stop_requested_ |= stop_before_;
    trainer_->evaluating_ = evaluating_before_;
    trainer_->status_ = std::move(status_before_);
  }

 private:
  Trainer* const trainer_;
  const bool stop_before_, evaluating_before_;
  absl::Status status_before_;
};

absl::Status Trainer::AwaitBatch(Mode mode, BatchSource& source,
                                 const std::vector<Callback*>& callbacks) {
  const bool training = mode == Mode::kTrain;
  // In a validation it is the validation's time.
  if (training) fit_->timer.Enter(RunTimer::Part::kData);
  while (!stop_requested_ && !source.AwaitNext(kLookEvery)) {
    static const Logs* const none = new Logs();
    const Logs& logs = training              ? train_logs_->Compute()
                       : mode == Mode::kTest ? test_logs_->Compute()
                                             : *none;
    CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnDataWait, logs));
  }
  return absl::OkStatus();
}

absl::StatusOr<Trainer::TestResult> Trainer::RunTest(
    BatchSource& source, const std::vector<Callback*>& callbacks,
    int64_t most_batches, Verbosity verbosity) {
  const bool before = std::exchange(evaluating_, true);
  const auto leave = absl::MakeCleanup([&] { evaluating_ = before; });
  test_logs_->Reset();
  CAIRN_RETURN_IF_ERROR(source.StartEpoch(0));
  CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnTestBegin));
  const int64_t total = source.batches_per_epoch();
  Progress progress(verbosity, total);
  auto abandon = absl::MakeCleanup([&] { progress.Abandon(); });
  TestResult result{.total = total};
  while (result.done < most_batches) {
    // As in Keras, an evaluation of unknown length begins one batch more.
    if (total == 0 || result.done < total) {
      CAIRN_RETURN_IF_ERROR(AwaitBatch(Mode::kTest, source, callbacks));
      if (stop_requested_) return result;
      CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnTestBatchBegin));
    }
    Plan* plan = nullptr;
    CAIRN_ASSIGN_OR_RETURN(const int64_t rows,
                           RunNextBatch(Mode::kTest, source, &plan));
    if (rows == 0) break;
    ++result.done;
    const Logs& logs = test_logs_->Compute();
    CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnTestBatchEnd, logs));
    progress.Update(result.done, 0, logs);
  }
  result.whole = true;
  result.logs = test_logs_->Compute();
  std::move(abandon).Cancel();
  progress.Finish(result.done, 0, result.logs, "");
  return result;
}

absl::StatusOr<std::optional<Logs>> Trainer::Validate() {
  if (!has_validation() || evaluating_) {
    return absl::FailedPreconditionError(
        has_validation() ? "an evaluation goes on already"
                         : "Fit() was given no validation data");
  }
  const std::vector<Callback*>& callbacks = fit_->options->callbacks;
  const RunTimer::Part before = fit_->timer.Enter(RunTimer::Part::kValidation);
  const absl::StatusOr<TestResult> test = RunTest(
      fit_->validation->source(), callbacks,
      fit_->options->dry_run ? kDryBatches : kNoLimit, Verbosity::kSilent);
  fit_->timer.Enter(before);
  CAIRN_RETURN_IF_ERROR(test.status());
  if (!test->whole) return std::nullopt;
  CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnTestEnd, test->logs));
  Logs logs;
  for (const auto& [name, value] : test->logs) {
    logs.emplace_back(absl::StrCat("val_", name), value);
  }
  return logs;
}

absl::StatusOr<Logs> Trainer::Evaluate(const Batches& data,
                                       const EvaluateOptions& options) {
  CAIRN_RETURN_IF_ERROR(CheckCallbacks(options.callbacks));
  CAIRN_ASSIGN_OR_RETURN(
      BatchFeed feed,
      BatchFeed::Create(data, {.batch_size = options.batch_size}));
  CAIRN_RETURN_IF_ERROR(Prepare(feed.source().fields(), /*with_loss=*/true));
  const Interlude interlude(this);
  const Verbosity verbosity = ChooseVerbosity(
      options.verbose.has_value() ? &*options.verbose : nullptr);
  const absl::StatusOr<TestResult> result =
      RunTest(feed.source(), options.callbacks, kNoLimit, verbosity);
  status_ = result.status();
  if (result.ok() && !result->whole) {
    status_ = Stopped("Evaluate", result->done, result->total);
  }
  const Logs logs = test_logs_->Compute();
  for (Callback* callback : options.callbacks) {
    const absl::Status ended = callback->OnTestEnd(*this, logs);
    if (status_.ok()) status_ = ended;
  }
  if (!status_.ok()) return status_;
  return logs;
}

absl::StatusOr<std::vector<Tensor>> Trainer::RunPredict(
    BatchSource& source, const std::vector<Callback*>& callbacks,
    Verbosity verbosity) {
  plans_[Mode::kPredict].whole = nullptr;  // The fields may be others.
  CAIRN_RETURN_IF_ERROR(source.StartEpoch(0));
  CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnPredictBegin));
  const int64_t total = source.batches_per_epoch();
  Progress progress(verbosity, total);
  auto abandon = absl::MakeCleanup([&] { progress.Abandon(); });
  OutputRows outputs;
  int64_t done = 0;
  for (;;) {
    if (total == 0 || done < total) {
      CAIRN_RETURN_IF_ERROR(AwaitBatch(Mode::kPredict, source, callbacks));
      if (stop_requested_) return Stopped("Predict", done, total);
      CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnPredictBatchBegin));
    }
    Plan* plan = nullptr;
    CAIRN_ASSIGN_OR_RETURN(const int64_t rows,
                           RunNextBatch(Mode::kPredict, source, &plan));
    if (rows == 0) break;
    outputs.Add(*plan, plans_[Mode::kPredict].graph->outputs().size(), rows);
    ++done;
    CAIRN_RETURN_IF_ERROR(Call(callbacks, &Callback::OnPredictBatchEnd));
    progress.Update(done, 0, {});
  }
  std::move(abandon).Cancel();
  progress.Finish(done, 0, {}, "");
  return outputs.Join();
}

absl::StatusOr<std::vector<Tensor>> Trainer::Predict(
    const Batches& data, const EvaluateOptions& options) {
  CAIRN_RETURN_IF_ERROR(CheckCallbacks(options.callbacks));
  CAIRN_ASSIGN_OR_RETURN(
      BatchFeed feed,
      BatchFeed::Create(data, {.batch_size = options.batch_size}));
  CAIRN_RETURN_IF_ERROR(Prepare(feed.source().fields(), /*with_loss=*/false));
  const Interlude interlude(this);
  const Verbosity verbosity = ChooseVerbosity(
      options.verbose.has_value() ? &*options.verbose : nullptr);
  absl::StatusOr<std::vector<Tensor>> outputs =
      RunPredict(feed.source(), options.callbacks, verbosity);
  status_ = outputs.status();
  for (Callback* callback : options.callbacks) {
    const absl::Status ended = callback->OnPredictEnd(*this);
    if (status_.ok()) status_ = ended;
  }
  if (!status_.ok()) return status_;
  return outputs;
}

}  // namespace cairn
