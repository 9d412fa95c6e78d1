// Ways to keep what a model has learned: weights in a file, single tensors of
// it, and a run that goes on after an interruption.
//
//   bazel run //examples:checkpoints
//   bazel run //examples:checkpoints -- FOLDER      (default: my_checkpoints)
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "cairn.h"

namespace cairn {
namespace {

// Three Dense layers: 55,050 parameters.
absl::Status BuildModel(Sequential& model) {
  model.Add<InputLayer>({.shape = {28, 28}});
  model.Add<Rescaling>({.scale = 1 / 255.0});
  model.Add<Flatten>();
  model.Add<Dense>({.units = 64, .activation = "relu"});
  model.Add<Dense>({.units = 64, .activation = "relu"});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  return model.Compile({.optimizer = "adam",
                        .loss = "sparse_categorical_crossentropy",
                        .metrics = {"accuracy"}});
}

absl::StatusOr<double> AccuracyOf(Sequential& model,
                                  const DigitImages& digits) {
  CAIRN_ASSIGN_OR_RETURN(
      const Logs logs,
      model.Evaluate(digits.images, digits.labels, {.verbose = 0}));
  return FindLog(logs, "accuracy");
}

// Saves a trained model's weights and loads them into another model.
absl::Status ExchangeWeights(const std::string& folder,
                             const DigitImages& digits) {
  std::printf("1. Weights\n");
  Sequential trained, other;
  CAIRN_RETURN_IF_ERROR(BuildModel(trained));
  CAIRN_RETURN_IF_ERROR(BuildModel(other));
  CAIRN_RETURN_IF_ERROR(
      trained.Fit(digits.images, digits.labels, {.epochs = 3, .verbose = 0})
          .status());
  CAIRN_ASSIGN_OR_RETURN(const double before, AccuracyOf(other, digits));

  const std::string prefix = JoinPath(folder, "weights/ckpt");
  CAIRN_RETURN_IF_ERROR(SaveWeights(trained, prefix));
  CAIRN_ASSIGN_OR_RETURN(const RestoreReport report,
                         LoadWeights(other, prefix));

  CAIRN_ASSIGN_OR_RETURN(const double after, AccuracyOf(other, digits));
  CAIRN_ASSIGN_OR_RETURN(const double expected, AccuracyOf(trained, digits));
  std::printf("   saved to %s and loaded into another model: %d restored\n",
              prefix.c_str(), static_cast<int>(report.restored.size()));
  std::printf("   its accuracy was %.4f and is %.4f, the first model's %.4f\n",
              before, after, expected);
  return absl::OkStatus();
}

// Lists a checkpoint and reads one tensor without the rest.
absl::Status ReadTensors(const std::string& folder) {
  std::printf("\n2. What is in a checkpoint\n");
  CAIRN_ASSIGN_OR_RETURN(
      const std::unique_ptr<CheckpointReader> reader,
      CheckpointReader::Open(JoinPath(folder, "weights/ckpt")));
  for (const CheckpointReader::Entry& entry : reader->entries()) {
    std::printf("   %-60s %-8s %s\n", entry.key.c_str(), entry.dtype.c_str(),
                ShapeToString(entry.shape).c_str());
  }
  for (const CheckpointReader::Entry& entry : reader->entries()) {
    if (entry.shape != Shape{10}) continue;
    CAIRN_ASSIGN_OR_RETURN(const Tensor bias, reader->ReadTensor(entry.key));
    std::printf("   the last bias begins with %.4f, %.4f\n",
                bias.values<float>()[0], bias.values<float>()[1]);
  }
  return absl::OkStatus();
}

// Trains two epochs of a run that is saved; another model then goes on with
// the third, as the next start of a program would.
absl::Status ResumeRun(const std::string& folder, const DigitImages& digits) {
  std::printf("\n3. A run that goes on\n");
  const std::string directory = JoinPath(folder, "run");
  double trained = 0;
  for (const int64_t epochs : {2, 3}) {
    Sequential model;
    CAIRN_RETURN_IF_ERROR(BuildModel(model));
    ModelCheckpoint checkpoint(
        {.directory = directory, .resume = Resume::kAuto});
    CAIRN_ASSIGN_OR_RETURN(
        const History history,
        model.Fit(
            digits.images, digits.labels,
            {.epochs = epochs, .verbose = 0, .callbacks = {&checkpoint}}));
    if (checkpoint.resumed().has_value()) {
      std::printf("   resumed from %s, after step %d\n",
                  checkpoint.resumed()->prefix.c_str(),
                  static_cast<int>(checkpoint.resumed()->step));
    } else {
      std::printf("   begun anew\n");
    }
    std::printf("   asked for %d epochs; the losses of all are:",
                static_cast<int>(epochs));
    for (const double loss : *history.Find("loss")) std::printf(" %.4f", loss);
    std::printf("\n");
    CAIRN_ASSIGN_OR_RETURN(trained, AccuracyOf(model, digits));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::string newest, LatestCheckpoint(directory));
  std::printf("   the newest checkpoint is %s\n", newest.c_str());

  // A new model, such as that of a program that only predicts.
  Sequential model;
  CAIRN_RETURN_IF_ERROR(BuildModel(model));
  CAIRN_RETURN_IF_ERROR(LoadWeights(model, newest).status());
  CAIRN_ASSIGN_OR_RETURN(const double loaded, AccuracyOf(model, digits));
  std::printf(
      "   a new model that loads it has accuracy %.4f, as the run's %.4f\n",
      loaded, trained);
  return absl::OkStatus();
}

absl::Status ShowCheckpoints(const std::string& folder) {
  const DigitImages digits = SyntheticDigits(2000, /*seed=*/1);
  CAIRN_RETURN_IF_ERROR(ExchangeWeights(folder, digits));
  CAIRN_RETURN_IF_ERROR(ReadTensors(folder));
  return ResumeRun(folder, digits);
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  const absl::Status status = cairn::ShowCheckpoints(
      cairn::UserPath(argc > 1 ? argv[1] : "my_checkpoints"));
  if (!status.ok()) {
    std::fprintf(stderr, "checkpoints: %s\n",
                 std::string(status.message()).c_str());
  }
  return status.ok() ? 0 : 1;
}
