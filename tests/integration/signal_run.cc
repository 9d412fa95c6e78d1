// The run that signal_test sends signals to: trains, evaluates and predicts,
// and says "now" where the signal is wanted.
//
//   signal_run DIRECTORY PHASE callback|trigger
//
// PHASE is train, validate, wait, validate_wait, save, evaluate, predict or
// none. The run is stopped by a StopOnSignal or by the ModelCheckpoint's own
// trigger. The exit code is 128 and the signal's number where one came.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cairn.h"
#include "callbacks/signal_watch.h"
#include "tests/support/forwarding_source.h"

namespace cairn {
namespace {

constexpr int64_t kBatch = 32, kSteps = 4;

void Print(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

// Sees the signal beside those that are tested.
SignalWatch& Watch() {
  static auto* const watch = new SignalWatch({SIGINT, SIGTERM});
  return *watch;
}

// Asks for the signal and goes on when it has come.
void AskAndWait() {
  Print("now");
  while (Watch().Take() == 0) absl::SleepFor(absl::Milliseconds(1));
}

// Asks in one of the hooks, when so many steps are done.
class AskInHook : public StatelessCallback {
 public:
  AskInHook(std::string phase, const ModelCheckpoint* checkpoint)
      : phase_(std::move(phase)), checkpoint_(checkpoint) {}
  absl::string_view class_name() const override { return "AskInHook"; }

  absl::Status OnTrainBatchBegin(TrainingSession& session) override {
    if (phase_ == "train" && session.step() == kSteps + 1) AskAndWait();
    // That of the first epoch's end is begun and not taken over.
    if (phase_ == "save" && session.step() == kSteps &&
        checkpoint_->totals().saved == 0) {
      AskAndWait();
    }
    return absl::OkStatus();
  }
  absl::Status OnTestBatchBegin(TrainingSession& session) override {
    const bool within_fit = session.batch_size() > 0;
    if (within_fit ? phase_ == "validate" && session.step() == 2 * kSteps
                   : phase_ == "evaluate") {
      AskAndWait();
    }
    return absl::OkStatus();
  }
  // Here the signal comes while the run waits on.
  absl::Status OnDataWait(TrainingSession& session, const Logs&) override {
    const bool is_here = phase_ == "wait" ? session.step() == kSteps + 2
                                          : phase_ == "validate_wait" &&
                                                session.step() == 2 * kSteps;
    if (is_here && !std::exchange(asked_, true)) Print("now");
    return absl::OkStatus();
  }
  absl::Status OnPredictBatchBegin(TrainingSession&) override {
    if (phase_ == "predict") AskAndWait();
    return absl::OkStatus();
  }

 private:
  const std::string phase_;
  const ModelCheckpoint* const checkpoint_;
  bool asked_ = false;
};

// Never comes back from one of its reads.
class StuckSource : public ForwardingSource {
 public:
  StuckSource(std::unique_ptr<BatchSource> source, int stuck_at)
      : ForwardingSource(std::move(source)), stuck_at_(stuck_at) {}
  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) override {
    if (++reads_ == stuck_at_) {
      for (;;) absl::SleepFor(absl::Hours(1));
    }
    return ForwardingSource::Next(destinations);
  }

 private:
  const int stuck_at_;
  int reads_ = 0;
};

absl::StatusOr<std::unique_ptr<BatchSource>> MakeSource(int64_t size,
                                                        uint64_t seed,
                                                        int stuck_at) {
  const DigitImages digits = SyntheticDigits(size, seed);
  CAIRN_ASSIGN_OR_RETURN(
      SamplesPointer samples,
      FromTensors({{"", digits.images}}, {{"", digits.labels}}));
  return Prefetch(
      std::make_unique<StuckSource>(
          Batch(Shuffle(std::move(samples), seed), kBatch), stuck_at),
      2);
}

absl::Status Run(const std::string& directory, const std::string& phase,
                 bool by_callback) {
  Sequential model;
  model.Add<InputLayer>({.shape = {28, 28}});
  model.Add<Rescaling>({.scale = 1 / 255.0});
  model.Add<Flatten>();
  model.Add<Dense>({.units = 16, .activation = "relu"});
  model.Add<Dropout>({.rate = 0.2});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  CAIRN_RETURN_IF_ERROR(
      model.Compile({.optimizer = "adam",
                     .loss = "sparse_categorical_crossentropy",
                     .metrics = {"accuracy"}}));
  // The read of the third batch of the second epoch, or of the second
  // validation's first; an end of the data is read too.
  CAIRN_ASSIGN_OR_RETURN(
      const std::unique_ptr<BatchSource> train,
      MakeSource(kSteps * kBatch, 1, phase == "wait" ? kSteps + 4 : 0));
  CAIRN_ASSIGN_OR_RETURN(
      const std::unique_ptr<BatchSource> validation,
      MakeSource(2 * kBatch, 2, phase == "validate_wait" ? 4 : 0));
  StopOnSignal stop;
  ModelCheckpoint checkpoint(
      {.directory = directory,
       .every =
           by_callback ? EveryEpochs(1) : AnyOf({EveryEpochs(1), OnSignal()}),
       .asynchronous = true,
       .resume = Resume::kAuto,
       // Some 150 kB: it takes its time.
       .save = {.bytes_per_second = phase == "save" ? 300 << 10 : 0}});
  AskInHook ask(phase, &checkpoint);
  FitOptions options = {.epochs = 3,
                        .validation_data = Batches(*validation),
                        .verbose = 0,
                        .callbacks = {&ask, &checkpoint}};
  if (by_callback) options.callbacks.insert(options.callbacks.begin(), &stop);
  const auto history = model.Fit(Batches(*train), options);
  CAIRN_RETURN_IF_ERROR(history.status());
  absl::Status status;
  if (phase == "evaluate") {
    status = model
                 .Evaluate(Batches(*validation),
                           {.verbose = 0, .callbacks = {&ask, &stop}})
                 .status();
  }
  if (phase == "predict") {
    status = model
                 .Predict(Batches(*validation),
                          {.verbose = 0, .callbacks = {&ask, &stop}})
                 .status();
  }
  Watch().Take();
  Print(absl::StrCat("ended after ", history->times().steps, " steps, ",
                     absl::StatusCodeToString(status.code()), ", newest ",
                     checkpoint.latest_checkpoint()));
  // A reader that is stuck is not waited for.
  if (Watch().last() != 0) std::_Exit(128 + Watch().last());
  return absl::OkStatus();
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "signal_run DIRECTORY PHASE callback|trigger\n");
    return 2;
  }
  cairn::Watch();
  const absl::Status status =
      cairn::Run(argv[1], argv[2], std::string(argv[3]) == "callback");
  if (!status.ok()) {
    std::fprintf(stderr, "signal_run: %s\n", status.ToString().c_str());
  }
  return status.ok() ? 0 : 1;
}
