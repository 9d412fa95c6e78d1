// Cairn's side of the check with real TensorFlow.
//
//   exchange write  FOLDER MODEL OPTIMIZER   trains five steps, saves to
//                                            FOLDER/run, FOLDER/weights and, in
//                                            several data files, FOLDER/shards
//   exchange read   FOLDER MODEL OPTIMIZER CHECKPOINT
//                                            loads what TensorFlow wrote
//   exchange manage FOLDER MODEL OPTIMIZER   goes on with the checkpoints of
//                                            FOLDER/managed, or makes three
//   exchange tensors FOLDER CHECKPOINT       writes every tensor's bytes to
//                                            FOLDER/tensors.bin and what they
//                                            are of to FOLDER/tensors.json
//   exchange nested FOLDER [CHECKPOINT]      writes a Checkpoint within a
//                                            Checkpoint to FOLDER/nested-1, or
//                                            restores one
//   exchange large FOLDER                    writes a Checkpoint of variables
//                                            that count from 0 to
//                                            FOLDER/large-1 to 3, each in the
//                                            room of the one before
//
// OPTIMIZER is a config in JSON. FOLDER has x.idx and y.idx, ten batches of 16
// rows. The first three write
// FOLDER/cairn.json: the predictions for all rows at that point, and the losses
// of the five steps that come next. The last one's says what there is then.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cairn.h"

namespace cairn {
namespace {

constexpr int64_t kBatch = 16, kStepsBefore = 5, kStepsAfter = 5;

// "mlp" and "cnn" are those of examples/mnist_models.cc, but their Dropout
// drops nothing: it keeps its place among the layers, and training can be
// compared. "deep" has so many layers that index and architecture are packed.
// The others are small ones that files from elsewhere are of.
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
  } else if (name == "deep") {
    model.Add<InputLayer>({.shape = {784}});
    for (int i = 0; i < 350; ++i) {
      model.Add<Dense>({.units = 32});
    }
  } else if (name == "opt_mlp") {
    model.Add<InputLayer>({.shape = {4}});
    model.Add<Dense>({.units = 5, .activation = "tanh"});
    model.Add<Dense>({.units = 3});
    return absl::OkStatus();
  } else if (name == "mnist_mlp") {
    model.Add<InputLayer>({.shape = {784}});
    model.Add<Dense>({.units = 512, .activation = "relu"});
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
    // A data file for each tensor but the smallest.
    CAIRN_RETURN_IF_ERROR(SaveWeights(model_, JoinPath(folder_, "shards/w"),
                                      {.shard_bytes = 256}));
    return Answer();
  }

  absl::Status Read(const std::string& checkpoint) {
    // Built by its InputLayer.
    CAIRN_RETURN_IF_ERROR(Summary(model_).status());
    CAIRN_RETURN_IF_ERROR(LoadWeights(model_, checkpoint).status());
    return Answer();
  }

  // One training step and a save by a CheckpointManager, or three of both.
  absl::Status Manage() {
    CAIRN_RETURN_IF_ERROR(Summary(model_).status());
    Checkpoint checkpoint;
    CAIRN_RETURN_IF_ERROR(checkpoint.Add("model", &model_));
    CAIRN_RETURN_IF_ERROR(checkpoint.AddOptimizer("optimizer", &model_));
    CAIRN_ASSIGN_OR_RETURN(
        const std::unique_ptr<CheckpointManager> manager,
        CheckpointManager::Create(
            &checkpoint,
            {.directory = JoinPath(folder_, "managed"), .max_to_keep = 2}));
    CAIRN_ASSIGN_OR_RETURN(const std::optional<LazyRestore> restored,
                           manager->RestoreOrInitialize());
    if (restored.has_value()) {
      CAIRN_RETURN_IF_ERROR(restored->AssertConsumed());
    }
    for (int i = 0; i < (restored.has_value() ? 1 : 3); ++i) {
      CAIRN_RETURN_IF_ERROR(
          model_
              .TrainOnBatch({.inputs = {{"", Rows(x_, 0, kBatch)}},
                             .targets = {{"", Rows(y_, 0, kBatch)}}})
              .status());
      CAIRN_RETURN_IF_ERROR(manager->Save().status());
    }
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

absl::Status WriteTensors(const std::string& folder,
                          const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> reader,
                         CheckpointReader::Open(prefix));
  std::ofstream bytes(JoinPath(folder, "tensors.bin"), std::ios::binary);
  Config::List entries;
  for (const CheckpointReader::Entry& entry : reader->entries()) {
    Config::List shape;
    for (const int64_t size : entry.shape) shape.push_back(size);
    Config::Object described = {{"key", entry.key},
                                {"dtype", entry.dtype},
                                {"shape", std::move(shape)}};
    if (entry.dtype == "string") {
      CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                             reader->ReadStrings(entry.key));
      Config::List sizes;
      for (const std::string& text : texts) {
        sizes.push_back(static_cast<int64_t>(text.size()));
        bytes << text;
      }
      described.emplace_back("sizes", std::move(sizes));
    } else {
      const auto value = reader->ReadTensor(entry.key);
      described.emplace_back("read", value.ok());
      if (value.ok()) {
        bytes.write(reinterpret_cast<const char*>(value->bytes().data()),
                    static_cast<std::streamsize>(value->bytes().size()));
      } else if (absl::IsUnimplemented(value.status())) {
        CAIRN_RETURN_IF_ERROR(reader->Verify(entry.key));
      } else {
        return value.status();
      }
    }
    entries.push_back(std::move(described));
  }
  std::ofstream file(JoinPath(folder, "tensors.json"));
  file << Config(std::move(entries)).ToJson() << "\n";
  return absl::OkStatus();
}

// An object of which TensorFlow knows nothing.
class Count : public Stateful {
 public:
  State SaveState() const override {
    return {Config(Config::Object{{"count", 7}}), {}};
  }
  absl::Status RestoreState(const State&) override { return absl::OkStatus(); }
};

// "inner" with "v", and "w".
absl::Status ExchangeNested(const std::string& folder,
                            const std::optional<std::string>& from) {
  const auto v = std::make_shared<Variable>("v", TensorSpec(), true);
  const auto w = std::make_shared<Variable>("w", TensorSpec(), true);
  Checkpoint inner, outer;
  Count count;
  CAIRN_RETURN_IF_ERROR(inner.Add("v", v));
  CAIRN_RETURN_IF_ERROR(outer.Add("inner", &inner));
  CAIRN_RETURN_IF_ERROR(outer.Add("w", w));
  if (from.has_value()) {
    CAIRN_ASSIGN_OR_RETURN(const LazyRestore restore, outer.Restore(*from));
    CAIRN_RETURN_IF_ERROR(restore.AssertConsumed());
  } else {
    CAIRN_RETURN_IF_ERROR(v->Assign(Tensor::Scalar<float>(3)));
    CAIRN_RETURN_IF_ERROR(w->Assign(Tensor::Scalar<float>(5)));
    CAIRN_RETURN_IF_ERROR(inner.Save(JoinPath(folder, "inner")).status());
    CAIRN_RETURN_IF_ERROR(inner.Save(JoinPath(folder, "inner")).status());
    CAIRN_RETURN_IF_ERROR(outer.Add("count", &count));
    CAIRN_RETURN_IF_ERROR(outer.Save(JoinPath(folder, "nested")).status());
  }
  std::ofstream file(JoinPath(folder, "cairn.json"));
  file << Config(Config::Object{{"v", double{v->value().values<float>()[0]}},
                                {"w", double{w->value().values<float>()[0]}},
                                {"inner_saves", inner.save_counter()},
                                {"saves", outer.save_counter()}})
              .ToJson()
       << "\n";
  return absl::OkStatus();
}

absl::Status ExchangeLarge(const std::string& folder) {
  SpareFiles spares;
  Checkpoint checkpoint({.bypass_cache = true, .spares = &spares});
  for (const int64_t size : {200'003, 131'072, 3, 1'000'001}) {
    Tensor value = Tensor::Zeros({DType::kFloat32, {size}});
    const absl::Span<float> values = value.mutable_values<float>();
    for (int64_t i = 0; i < size; ++i) values[i] = static_cast<float>(i);
    const std::string name = absl::StrCat("v", size);
    const auto variable = std::make_shared<Variable>(name, value.spec(), true);
    CAIRN_RETURN_IF_ERROR(variable->Assign(value));
    CAIRN_RETURN_IF_ERROR(checkpoint.Add(name, variable));
  }
  std::string before;
  for (int i = 0; i < 3; ++i) {
    if (!before.empty()) {
      CAIRN_RETURN_IF_ERROR(RemoveCheckpoint(before, FileSystem::Default(),
                                             /*sync=*/true, &spares));
    }
    CAIRN_ASSIGN_OR_RETURN(before, checkpoint.Save(JoinPath(folder, "large")));
  }
  return absl::OkStatus();
}

absl::Status Run(const std::vector<std::string>& words) {
  const size_t count = words.size();
  if (count > 1 && words[0] == "nested") {
    return ExchangeNested(words[1],
                          count > 2 ? std::optional(words[2]) : std::nullopt);
  }
  if (count == 2 && words[0] == "large") return ExchangeLarge(words[1]);
  if (words.size() == 3 && words[0] == "tensors") {
    return WriteTensors(words[1], words[2]);
  }
  const bool manages = words.size() == 4 && words[0] == "manage";
  const bool reads = words.size() == 5 && words[0] == "read";
  if (!reads && !manages && !(words.size() == 4 && words[0] == "write")) {
    return absl::InvalidArgumentError(
        "usage: exchange write FOLDER MODEL OPTIMIZER | exchange read FOLDER "
        "MODEL OPTIMIZER CHECKPOINT | exchange manage FOLDER MODEL OPTIMIZER | "
        "exchange tensors FOLDER CHECKPOINT | exchange nested FOLDER "
        "[CHECKPOINT] | exchange large FOLDER");
  }
  Exchange exchange(words[1]);
  CAIRN_RETURN_IF_ERROR(exchange.Prepare(words[2], words[3]));
  if (manages) return exchange.Manage();
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
