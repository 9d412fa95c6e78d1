// Cairn's side of the check with real TensorFlow.
//
//   exchange write  FOLDER MODEL OPTIMIZER   trains five steps, saves to
//                                            FOLDER/run and FOLDER/weights
//   exchange read   FOLDER MODEL OPTIMIZER CHECKPOINT
//                                            loads what TensorFlow wrote
//
// OPTIMIZER is a config in JSON. FOLDER has x.idx and y.idx, ten batches of 16
// rows. Both write
// FOLDER/cairn.json: the predictions for all rows at that point, and the losses
// of the five steps that come next.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cairn.h"

namespace cairn {
namespace {

constexpr int64_t kBatch = 16, kStepsBefore = 5, kStepsAfter = 5;

// "mlp" and "cnn" are those of examples/mnist_models.cc, but their Dropout
// drops nothing: it keeps its place among the layers, and training can be
// compared. The others are small ones that files from elsewhere are of.
absl::Status MakeModel(const std::string& name, Sequential& model) {
  if (name == "mlp") {
    model.Add<InputLayer>({.shape = {784}});
    model.Add<Dense>({.units = 512, .activation = "relu"});
    model.Add<Dropout>({.rate = 0});
  } else if (name == "cnn") {
    model.Add<InputLayer>({.shape = {28, 28, 1}});
    model.Add<Conv2D>(
        {.filters = 32, .kernel_size = {3, 3}, .activation = "relu"});
    model.Add<MaxPooling2D>();
    model.Add<Conv2D>(
        {.filters = 64, .kernel_size = {3, 3}, .activation = "relu"});
    model.Add<MaxPooling2D>();
    model.Add<Flatten>();
    model.Add<Dropout>({.rate = 0});
  } else if (name == "opt_mlp") {
    model.Add<InputLayer>({.shape = {4}});
    model.Add<Dense>({.units = 5, .activation = "tanh"});
    model.Add<Dense>({.units = 3});
    return absl::OkStatus();
  } else if (name == "seq") {
    model.Add<InputLayer>({.shape = {20}});
    model.Add<Dense>({.units = 64, .activation = "relu"});
    model.Add<Dense>({.units = 32, .activation = "tanh"});
    model.Add<Dense>({.units = 5, .activation = "softmax"});
    return absl::OkStatus();
  } else {
    return absl::InvalidArgumentError(absl::StrCat("no model ", name));
  }
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  return absl::OkStatus();
}

// Rows [begin, end) of a tensor.
Tensor Rows(const Tensor& all, int64_t begin, int64_t end) {
  Shape shape = all.shape();
  const size_t row_bytes = all.bytes().size() / shape[0];
  shape[0] = end - begin;
  Tensor rows = Tensor::Zeros({all.spec().dtype, shape});
  const auto from = all.bytes().subspan(begin * row_bytes, rows.bytes().size());
  std::copy(from.begin(), from.end(), rows.mutable_bytes().begin());
  return rows;
}

class Exchange {
 public:
  explicit Exchange(std::string folder) : folder_(std::move(folder)) {}

  absl::Status Prepare(const std::string& model, const std::string& optimizer) {
    CAIRN_ASSIGN_OR_RETURN(x_, ReadIdx(JoinPath(folder_, "x.idx")));
    CAIRN_ASSIGN_OR_RETURN(y_, ReadIdx(JoinPath(folder_, "y.idx")));
    CAIRN_RETURN_IF_ERROR(MakeModel(model, model_));
    CAIRN_ASSIGN_OR_RETURN(const Config config, Config::FromJson(optimizer));
    CAIRN_ASSIGN_OR_RETURN(const Rule<Optimizer> rule,
                           Rule<Optimizer>::FromConfig(config, {}));
    return model_.Compile({.optimizer = rule,
                           .loss = y_.spec().dtype == DType::kFloat32
                                       ? "mean_squared_error"
                                       : "sparse_categorical_crossentropy"});
  }

  // As a user trains and saves.
  absl::Status Write() {
    ModelCheckpoint checkpoint({.directory = JoinPath(folder_, "run")});
    const int64_t rows = kStepsBefore * kBatch;
    CAIRN_RETURN_IF_ERROR(model_
                              .Fit(Rows(x_, 0, rows), Rows(y_, 0, rows),
                                   {.epochs = 1,
                                    .batch_size = kBatch,
                                    .shuffle = false,
                                    .verbose = 0,
                                    .callbacks = {&checkpoint}})
                              .status());
    CAIRN_RETURN_IF_ERROR(SaveWeights(model_, JoinPath(folder_, "weights/w")));
    return Answer();
  }

  absl::Status Read(const std::string& checkpoint) {
    // Built by its InputLayer.
    CAIRN_RETURN_IF_ERROR(Summary(model_).status());
    CAIRN_RETURN_IF_ERROR(LoadWeights(model_, checkpoint).status());
    return Answer();
  }

 private:
  // Writes what the model predicts and the losses of its next steps.
  absl::Status Answer() {
    CAIRN_ASSIGN_OR_RETURN(const std::vector<Tensor> predictions,
                           model_.Predict(x_, {.verbose = 0}));
    Config::List values, losses;
    for (const float value : predictions[0].values<float>()) {
      values.push_back(static_cast<double>(value));
    }
    for (int64_t step = kStepsBefore; step < kStepsBefore + kStepsAfter;
         ++step) {
      // Data of less than a batch is one, again and again.
      const int64_t rows = x_.shape()[0], batch = std::min(kBatch, rows);
      const int64_t begin = step * batch % rows;
      CAIRN_ASSIGN_OR_RETURN(
          const Logs logs,
          model_.TrainOnBatch(
              {.inputs = {{"", Rows(x_, begin, begin + batch)}},
               .targets = {{"", Rows(y_, begin, begin + batch)}}}));
      losses.push_back(FindLog(logs, "loss"));
    }
    std::ofstream file(JoinPath(folder_, "cairn.json"));
    file << Config(Config::Object{{"predictions", std::move(values)},
                                  {"losses", std::move(losses)}})
                .ToJson()
         << "\n";
    file.close();
    if (file) return absl::OkStatus();
    return absl::UnavailableError("cairn.json could not be written");
  }

  const std::string folder_;
  Tensor x_, y_;
  Sequential model_;
};

absl::Status Run(const std::vector<std::string>& words) {
  const bool reads = words.size() == 5 && words[0] == "read";
  if (!reads && !(words.size() == 4 && words[0] == "write")) {
    return absl::InvalidArgumentError(
        "usage: exchange write FOLDER MODEL OPTIMIZER | exchange read FOLDER "
        "MODEL OPTIMIZER CHECKPOINT");
  }
  Exchange exchange(words[1]);
  CAIRN_RETURN_IF_ERROR(exchange.Prepare(words[2], words[3]));
  return reads ? exchange.Read(words[4]) : exchange.Write();
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  const absl::Status status =
      cairn::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
