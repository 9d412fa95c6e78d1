// Trains a network on handwritten digits, saves it while it trains, and goes on
// where it stopped when it is run again.
//
//   bazel run //examples:mnist
//   bazel run //examples:mnist -- --model=cnn --data_dir=/path/to/mnist
//   bazel run //examples:mnist -- --help
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cairn.h"
#include "examples/digits.h"
#include "examples/mnist_arguments.h"
#include "examples/mnist_models.h"
#include "examples/start_report.h"

namespace cairn {
namespace {

absl::StatusOr<std::unique_ptr<Sequential>> MakeCompiledModel(
    const MnistArguments& arguments) {
  std::unique_ptr<Sequential> model = MakeMnistModel(arguments.model);
  CAIRN_RETURN_IF_ERROR(model->set_seed(arguments.seed.value_or(1)));
  CAIRN_RETURN_IF_ERROR(
      model->Compile({.optimizer = Adam({.learning_rate = 1e-3}),
                      .loss = "sparse_categorical_crossentropy",
                      .metrics = {"accuracy"},
                      .threads = static_cast<int>(arguments.threads)}));
  return model;
}

// Opened before the first step, so that a wrong path costs no training.
absl::Status CheckHistoryPath(const std::string& path) {
  if (path.empty() || std::ofstream(path, std::ios::app)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--history=", path,
                   ": cannot write there; name a file in a folder that exists "
                   "and is yours"));
}

absl::Status WriteHistory(const History& history, const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  std::ofstream file(path, std::ios::trunc);
  file << history.ToConfig().ToJson(2) << "\n";
  file.close();
  if (!file) {
    return absl::UnavailableError(
        absl::StrCat("--history=", path, ": could not be written"));
  }
  return absl::OkStatus();
}

// Adds to an error of Fit() what the flags can do about it.
absl::Status ExplainFitError(const absl::Status& error,
                             const MnistArguments& arguments) {
  const std::string message(error.message());
  if (absl::IsFailedPrecondition(error) && arguments.resume == Resume::kNever) {
    return absl::Status(error.code(), "--resume=never: " + message);
  }
  if (absl::IsNotFound(error) && arguments.resume == Resume::kMust) {
    return absl::Status(error.code(), "--resume=must: " + message);
  }
  const auto saved = ListCheckpoints(arguments.checkpoint_dir);
  if (absl::IsInvalidArgument(error) && saved.ok() && !saved->empty()) {
    return absl::Status(
        error.code(),
        message + "; another folder as --checkpoint_dir begins a new run");
  }
  return error;
}

void PrintStopped(const MnistArguments& arguments) {
  std::printf(
      "\nStopped; the state is saved in %s. The same command goes on from "
      "there.\n",
      arguments.checkpoint_dir.c_str());
}

void PrintEnd(const Logs& logs, const ModelCheckpoint& checkpoint) {
  std::printf("\nTest loss %.4f, test accuracy %.4f\n", FindLog(logs, "loss"),
              FindLog(logs, "accuracy"));
  if (!checkpoint.checkpoints().empty()) {
    std::printf("Newest checkpoint: %s\n",
                checkpoint.checkpoints().back().c_str());
  }
}

void PrintNext(const std::vector<std::string>& words,
               const MnistArguments& arguments, bool was_finished) {
  const std::string& folder = arguments.checkpoint_dir;
  if (was_finished) {
    std::printf("\nThis run was finished before: nothing was left to train.\n");
  }
  std::printf(
      "\nTo train further:          %s\n"
      "To see the checkpoints:    bazel run //tools/cairn -- ls %s\n"
      "To begin anew:             remove %s, or choose another folder with "
      "--checkpoint_dir\n",
      MnistCommand(words, arguments.epochs + 1).c_str(), folder.c_str(),
      folder.c_str());
}

// Returns the exit code.
absl::StatusOr<int> TrainMnist(const std::vector<std::string>& words,
                               const MnistArguments& arguments) {
  CAIRN_RETURN_IF_ERROR(CheckHistoryPath(arguments.history));
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<Sequential> model,
                         MakeCompiledModel(arguments));
  CAIRN_ASSIGN_OR_RETURN(const std::string summary, Summary(*model));
  CAIRN_ASSIGN_OR_RETURN(const Digits digits,
                         LoadDigits(arguments.data_dir, arguments.limit,
                                    MnistImageShape(arguments.model)));
  std::printf("%s\n%s.\n", summary.c_str(), digits.description.c_str());

  StopOnSignal stop;
  ModelCheckpoint checkpoint(
      {.directory = arguments.checkpoint_dir,
       .every = arguments.save_every_steps > 0
                    ? EverySteps(arguments.save_every_steps)
                    : EveryEpochs(1),
       .keep_last = arguments.keep,
       .asynchronous = true,
       .resume = arguments.resume});
  StartReport start(&checkpoint, arguments.verbose == 0);
  const absl::StatusOr<History> history =
      model->Fit(digits.train, {.epochs = arguments.epochs,
                                .batch_size = arguments.batch_size,
                                .validation_data = digits.test,
                                .verbose = arguments.verbose,
                                .seed = arguments.seed,
                                .callbacks = {&stop, &checkpoint, &start}});
  if (!history.ok()) return ExplainFitError(history.status(), arguments);
  CAIRN_RETURN_IF_ERROR(WriteHistory(*history, arguments.history));
  if (stop.signal() != 0) {
    PrintStopped(arguments);
    return 128 + stop.signal();
  }

  CAIRN_ASSIGN_OR_RETURN(
      const Logs logs,
      model->Evaluate(digits.test,
                      {.batch_size = arguments.batch_size, .verbose = 0}));
  PrintEnd(logs, checkpoint);
  PrintNext(words, arguments, start.was_finished());
  return 0;
}

int Main(const std::vector<std::string>& words) {
  const absl::StatusOr<MnistArguments> arguments = ParseMnistArguments(words);
  if (!arguments.ok()) {
    std::fprintf(stderr, "mnist: %s\n",
                 std::string(arguments.status().message()).c_str());
    return 2;
  }
  if (arguments->help) {
    std::printf("%s", MnistHelp().c_str());
    return 0;
  }
  const absl::StatusOr<int> code = TrainMnist(words, *arguments);
  if (code.ok()) return *code;
  std::fprintf(stderr, "mnist: %s\n",
               std::string(code.status().message()).c_str());
  return 1;
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  return cairn::Main(std::vector<std::string>(argv + 1, argv + argc));
}
