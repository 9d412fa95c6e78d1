// The run that crash_test kills: trains a small model and says on standard
// output which saves it was told are in place.
//
//   crash_run DIRECTORY TRIGGER sync|async
#include <unistd.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "cairn.h"

namespace cairn {
namespace {

// Tells what has been acknowledged, at once.
class Acknowledge : public StatelessCallback {
 public:
  explicit Acknowledge(const ModelCheckpoint& checkpoint)
      : checkpoint_(checkpoint) {}
  absl::string_view class_name() const override { return "Acknowledge"; }
  absl::Status OnTrainBatchEnd(TrainingSession&, const Logs&) override {
    return Look();
  }
  absl::Status OnTestBatchEnd(TrainingSession&, const Logs&) override {
    return Look();
  }
  absl::Status OnSavePoint(TrainingSession&, const Logs&) override {
    return Look();
  }
  absl::Status OnTrainEnd(TrainingSession&, const Logs&) override {
    return Look();
  }

 private:
  absl::Status Look() {
    if (checkpoint_.totals().saved == told_) return absl::OkStatus();
    told_ = checkpoint_.totals().saved;
    const std::string line =
        absl::StrCat("saved ", checkpoint_.last_save().step, "\n");
    const ssize_t written = ::write(STDOUT_FILENO, line.data(), line.size());
    return written == static_cast<ssize_t>(line.size())
               ? absl::OkStatus()
               : absl::InternalError("nobody listens");
  }

  const ModelCheckpoint& checkpoint_;
  int64_t told_ = 0;
};

Trigger MakeTrigger(const std::string& name, const std::string& directory) {
  if (name == "steps") return EverySteps(3);
  if (name == "seconds") return EverySeconds(0.02);
  if (name == "given") return AtSteps({1, 2, 19, 20, 21, 40, 63});
  if (name == "best") return AnyOf({AtSteps({5, 50}), OnBest()});
  if (name == "signal") return AnyOf({EveryEpochs(2), OnSignal()});
  if (name == "request") {
    return AnyOf({EveryEpochs(2), OnRequest(directory + ".save-now")});
  }
  if (name == "mixed") {
    return AnyOf({EveryEpochs(1), EverySteps(7), EverySeconds(0.05), OnBest(),
                  OnError(), OnSignal()});
  }
  return EveryEpochs(1);
}

absl::Status Run(const std::string& directory, const std::string& trigger,
                 bool asynchronous) {
  Sequential model;
  model.Add<InputLayer>({.shape = {28, 28}});
  model.Add<Rescaling>({.scale = 1 / 255.0});
  model.Add<Flatten>();
  model.Add<Dense>({.units = 96, .activation = "relu"});
  model.Add<Dropout>({.rate = 0.2});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  CAIRN_RETURN_IF_ERROR(
      model.Compile({.optimizer = "adam",
                     .loss = "sparse_categorical_crossentropy",
                     .metrics = {"accuracy"}}));
  const bool monitors = trigger == "best" || trigger == "mixed";
  ModelCheckpoint checkpoint({.directory = directory,
                              .every = MakeTrigger(trigger, directory),
                              .overhead = trigger == "budget" ? 0.2 : 0,
                              .monitor = monitors ? "val_loss" : "",
                              .keep_last = 2,
                              .asynchronous = asynchronous,
                              .resume = Resume::kAuto});
  Acknowledge acknowledge(checkpoint);
  const DigitImages digits = SyntheticDigits(640, /*seed=*/1);
  const DigitImages others = SyntheticDigits(128, /*seed=*/2);
  return model
      .Fit(digits.images, digits.labels,
           {.epochs = 4,
            .validation_data = Batches(others.images, others.labels),
            .verbose = 0,
            .callbacks = {&checkpoint, &acknowledge}})
      .status();
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "crash_run DIRECTORY TRIGGER sync|async\n");
    return 2;
  }
  const absl::Status status =
      cairn::Run(argv[1], argv[2], std::string(argv[3]) == "async");
  if (!status.ok()) {
    std::fprintf(stderr, "crash_run: %s\n", status.ToString().c_str());
  }
  return status.ok() ? 0 : 1;
}
