#include "benchmarks/models.h"

#include "absl/strings/str_cat.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/max_pooling2d.h"
#include "optimizers/adam.h"

namespace cairn {

absl::StatusOr<std::unique_ptr<Sequential>> MakeBenchmarkModel(
    const std::string& name) {
  auto model = std::make_unique<Sequential>(name);
  if (name == "mlp512") {
    model->Add<Dense>({.units = 512, .activation = "relu"});
    model->Add<Dropout>({.rate = 0.2});
  } else if (name == "mlp64x2") {
    model->Add<Dense>({.units = 64, .activation = "relu"});
    model->Add<Dense>({.units = 64, .activation = "relu"});
  } else if (name == "mlpwide") {
    model->Add<Dense>({.units = 2048, .activation = "relu"});
    model->Add<Dense>({.units = 2048, .activation = "relu"});
  } else if (name == "cnn") {
    model->Add<Conv2D>(
        {.filters = 32, .kernel_size = {3, 3}, .activation = "relu"});
    model->Add<MaxPooling2D>({});
    model->Add<Conv2D>(
        {.filters = 64, .kernel_size = {3, 3}, .activation = "relu"});
    model->Add<MaxPooling2D>({});
    model->Add<Flatten>({});
    model->Add<Dropout>({.rate = 0.5});
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "no model \"", name, "\"; there are mlp512, mlp64x2, mlpwide and cnn"));
  }
  model->Add<Dense>({.units = 10, .activation = "softmax"});
  return model;
}

absl::Status CompileBenchmarkModel(Model& model, int threads) {
  return model.Compile({.optimizer = Adam({.learning_rate = 1e-3}),
                        .loss = "sparse_categorical_crossentropy",
                        .metrics = {"accuracy"},
                        .threads = threads});
}

Shape ImageShape(const std::string& name) {
  return name == "cnn" ? Shape{28, 28, 1} : Shape{784};
}

}  // namespace cairn
